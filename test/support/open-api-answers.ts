import Ajv2020 from 'ajv/dist/2020.js';

interface Answers {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, object>>; readonly $ref?: string }>>;
}

/** An OpenAPI document as far as tests read it. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Answers>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

const pattern = (path: string) => new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+')}$`);

/** Holds answers against the document that describes them. */
export class OpenApiAnswers {
  readonly #document: OpenApiDocument;
  readonly #ajv = new Ajv2020.default({ strict: false, validateFormats: false, allErrors: true });
  /** Operations that answered with success, as `GET /path/{parameter}`. */
  readonly seen = new Set<string>();

  constructor(document: OpenApiDocument) {
    this.#document = document;
    this.#ajv.addSchema({ $id: 'openapi', ...document } as object);
  }

  /** @returns the body. @throws Error for a path, status, media type or body that the document does not have. */
  async check(method: string, path: string, answer: Response): Promise<unknown> {
    const template = this.#templateOf(path.split('?')[0]!, method.toLowerCase());
    const name = `${method} ${template}`;
    const status = String(answer.status);
    const described = this.#document.paths[template]![method.toLowerCase()]!.responses;
    const isListed = status in described;
    if (!isListed && answer.status < 400) throw new Error(`${name} answered ${status}, which the document does not have`);
    const text = await answer.text();
    if (answer.status < 400) this.seen.add(name);
    const at = ['paths', template, method.toLowerCase(), 'responses', isListed ? status : 'default'];
    return this.#hold(name, at, answer.headers.get('content-type')?.split(';')[0], text);
  }

  #templateOf(path: string, method: string): string {
    const fitting = Object.keys(this.#document.paths).filter((one) => pattern(one).test(path) && method in this.#document.paths[one]!);
    const exact = fitting.find((one) => one === path) ?? fitting[0];
    if (exact === undefined) throw new Error(`The document has no ${method} ${path}`);
    return exact;
  }

  #hold(name: string, at: readonly string[], mediaType: string | undefined, text: string): unknown {
    const answer = at.reduce<unknown>(
      (part, key) => (part as Record<string, unknown>)[key],
      this.#document,
    ) as Answers['responses'][string];
    const isProblem = answer.$ref !== undefined;
    const content = isProblem ? { 'application/problem+json': {} } : answer.content;
    if (text === '' && content === undefined) return undefined;
    if (mediaType === undefined || !content || !(mediaType in content)) throw new Error(`${name} answered ${mediaType}`);
    if (!/json$/.test(mediaType)) return text;
    const place = isProblem ? ['components', 'schemas', 'Problem'] : [...at, 'content', mediaType, 'schema'];
    const pointer = place.map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const body: unknown = JSON.parse(text);
    if (!this.#ajv.validate({ $ref: `openapi#/${pointer}` }, body))
      throw new Error(`${name}: ${this.#ajv.errorsText(this.#ajv.errors)} in ${text.slice(0, 1_000)}`);
    return body;
  }
}

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';
import { JOB_TYPES, Pipelines } from '../../shared/domain/pipeline.ts';
import { asyncApiDocument } from '../../shared/schema/asyncapi.ts';

interface Message {
  readonly payload: { readonly $ref: string };
  readonly headers?: object;
}

/** An AsyncAPI document as far as tests read it. */
export interface AsyncApiDocument {
  readonly asyncapi: string;
  readonly channels: Readonly<
    Record<string, { readonly address: string | null; readonly messages: Readonly<Record<string, object>>; readonly bindings?: object }>
  >;
  readonly components: { readonly messages: Readonly<Record<string, Message>>; readonly schemas: object };
}

const ajvOf = () => new Ajv({ strict: false, validateFormats: false, allErrors: true });

/** What is wrong with a document by the official JSON Schema of AsyncAPI 3.0; empty when nothing is. */
export function asyncApiProblems(document: unknown): readonly string[] {
  const path = createRequire(import.meta.url).resolve('@asyncapi/specs/schemas/3.0.0.json');
  const ajv = ajvOf();
  // It is of draft 7, whose meta schema it carries itself.
  ajv.removeSchema('http://json-schema.org/draft-07/schema');
  const validate = ajv.compile(JSON.parse(readFileSync(path, 'utf8')));
  return validate(document) ? [] : validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** Holds messages against the document that describes them. */
export class AsyncApiMessages {
  readonly #document: AsyncApiDocument;
  readonly #ajv = ajvOf();
  readonly #known = new Map<string, ValidateFunction>();
  /** Messages that were held against it, by name. */
  readonly seen = new Map<string, number>();

  constructor(document: AsyncApiDocument) {
    this.#document = document;
    this.#ajv.addSchema({ $id: 'asyncapi', ...document } as object);
  }

  /** @throws Error when the message is not as the document has it. */
  check(name: string, payload: unknown, headers?: unknown): void {
    const message = this.#document.components.messages[name];
    if (!message) throw new Error(`The document has no message ${name}`);
    this.#hold(`${name}/payload`, payload);
    if (message.headers && headers !== undefined) this.#hold(`${name}/headers`, headers);
    this.seen.set(name, (this.seen.get(name) ?? 0) + 1);
  }

  #hold(part: string, value: unknown): void {
    const validate = this.#known.get(part) ?? this.#ajv.compile({ $ref: `asyncapi#/components/messages/${part}` });
    this.#known.set(part, validate);
    if (!validate(value)) throw new Error(`${part}: ${this.#ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`);
  }
}

/** The messages of the shipped pipelines, by the document that a gateway without keys serves. */
export function ownMessages(): AsyncApiMessages {
  const pipelines = new Pipelines(Object.values(JOB_TYPES));
  return new AsyncApiMessages(asyncApiDocument('0.0.0', { pipelines, asksForKeys: false }) as unknown as AsyncApiDocument);
}

/** Name of what is said over the WebSocket: `subscribe` → `SubscribeMessage`. */
export function socketMessageName({ type }: { readonly type: string }): string {
  return `${type[0]?.toUpperCase()}${type.slice(1)}Message`;
}

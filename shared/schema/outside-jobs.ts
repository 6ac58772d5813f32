import { z } from 'zod';
import type { PayloadCheck } from '../domain/payload-check.ts';
import { schemaProblems } from './schema-problems.ts';

/** What the operator has set for job types that need a dependency. */
export interface OutsideSetUp {
  /** Names of the endpoints of type http. */
  readonly endpoints: ReadonlySet<string>;
  readonly hasModel: boolean;
}

/** `input` of a job of type http. */
const httpInput = z.strictObject({
  endpoint: z.string().describe('Name of one of the endpoints that the operator has set.'),
  payload: z.unknown().optional().describe('Any JSON; sent to the endpoint as it is.'),
});

/** `input` of a job of type summarize. */
const summarizeInput = z.strictObject({ text: z.string().min(1).max(500_000).describe('The document.') });

/** `options` of a job of type summarize. */
const summarizeOptions = z.strictObject({
  max_words: z.int().min(5).max(2_000).default(100).describe('Words that the summary is to have at most.'),
  language: z
    .string()
    .regex(/^[A-Za-z][A-Za-z -]{1,40}$/, 'must be the name of a language, e.g. German')
    .optional()
    .describe('Default: the language of the document.'),
});

type Payload = { readonly input: unknown; readonly options: unknown };

function checked(input: z.ZodType, options: z.ZodType, payload: Payload): PayloadCheck {
  const [checkedInput, checkedOptions] = [input.safeParse(payload.input), options.safeParse(payload.options ?? {})];
  if (checkedInput.success && checkedOptions.success) return { ok: true, input: checkedInput.data, options: checkedOptions.data };
  return {
    ok: false,
    problems: [
      ...(checkedInput.success ? [] : schemaProblems(checkedInput.error, ['input'])),
      ...(checkedOptions.success ? [] : schemaProblems(checkedOptions.error, ['options'])),
    ],
  };
}

/** Checks a job of type http. */
export function checkHttp(payload: Payload, { endpoints }: OutsideSetUp): PayloadCheck {
  const result = checked(httpInput, z.strictObject({}), payload);
  if (!result.ok) return result;
  const { endpoint } = result.input as z.output<typeof httpInput>;
  if (endpoints.has(endpoint)) return result;
  const names = [...endpoints].sort().join(', ');
  const detail = names === '' ? 'is not known: no endpoint is set up here (HTTP_ENDPOINTS)' : `must be one of ${names}`;
  return { ok: false, problems: [{ pointer: '/input/endpoint', detail }] };
}

/** Checks a job of type summarize. */
export function checkSummarize(payload: Payload, { hasModel }: OutsideSetUp): PayloadCheck {
  if (hasModel) return checked(summarizeInput, summarizeOptions, payload);
  return { ok: false, problems: [{ pointer: '/type', detail: 'takes no jobs: no model is set up here (SUMMARIZE_URL)' }] };
}

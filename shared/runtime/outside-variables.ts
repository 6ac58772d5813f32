import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { Endpoint } from '../ports/outside.ts';
import { UrlPolicy } from './outgoing/url-policy.ts';
import { type About, integer, optionalSecret, optionalSecretFile, type Role, type Variable, variable } from './variable.ts';

const SERVICES = ['gateway', 'worker', 'scheduler'] as const;
const API_KEY = { form: /^[\x21-\x7e]{1,500}$/, allowed: '1 to 500 printable ASCII characters without blanks' };

/** The operator names these URLs, so that any host and port will do; their form has to be in order. */
const isUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const allowHosts = [new URL(text).hostname.replace(/^\[|\]$/g, '')];
  return new UrlPolicy({ allowHttp: true, ports: [[1, 65_535]], allowHosts }).refusalOf(text) === undefined;
};

const url = z.string().refine(isUrl);

const endpoint = z.strictObject({
  p1: url,
  p2: url.optional(),
  timeout_ms: z.int().min(100).max(300_000).default(30_000),
  max_answer_bytes: z.int().min(1).max(67_108_864).default(1_048_576),
});

const endpoints = z.record(z.string().regex(/^[a-z][a-z0-9-]{0,40}$/), endpoint).refine((all) => Object.keys(all).length <= 100);

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text.startsWith('{') ? text : readFileSync(resolve(text), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Endpoints of the job type http: JSON, or the path of a file with it. */
function httpEndpoints<const R extends Role>(about: About<R>): Variable<readonly Endpoint[], R> {
  const schema = z
    .string()
    .transform(jsonOf)
    .pipe(endpoints)
    .transform((all) =>
      Object.entries(all).map(
        ([name, { p1, p2, timeout_ms: timeoutMs, max_answer_bytes: maxAnswerBytes }]): Endpoint => ({
          ...{ name, timeoutMs, maxAnswerBytes },
          urls: { p1, ...(p2 !== undefined && { p2 }) },
        }),
      ),
    );
  const allowed =
    'a JSON object, or the path of a file with one: name ([a-z][a-z0-9-]{0,40}) to {"p1": URL, "p2": URL or left out, "timeout_ms": 100 to 300000, "max_answer_bytes": 1 to 67108864}';
  return variable(
    schema as unknown as z.ZodType<readonly Endpoint[], string>,
    { type: 'JSON', allowed, default: '{}', isHidden: true },
    about,
  );
}

function optionalUrl<const R extends Role>(about: About<R>): Variable<string | undefined, R> {
  const schema = z
    .string()
    .refine(isUrl)
    .transform((text) => text.replace(/\/+$/, ''));
  return variable(
    schema,
    { type: 'URL', allowed: 'an http:// or https:// URL such as https://api.example.com/v1, without user name or password' },
    about,
  );
}

function optionalModel<const R extends Role>(about: About<R>): Variable<string | undefined, R> {
  return variable(z.string().regex(/^[\x21-\x7e]{1,200}$/), { type: 'name', allowed: '1 to 200 printable ASCII characters' }, about);
}

const PRICES = /^(\d{1,6}(?:\.\d{1,6})?),(\d{1,6}(?:\.\d{1,6})?)$/;

function optionalPrices<const R extends Role>(
  about: About<R>,
): Variable<{ readonly input: number; readonly output: number } | undefined, R> {
  const schema = z
    .string()
    .regex(PRICES)
    .transform((text) => {
      const [, input, output] = PRICES.exec(text)!;
      return { input: Number(input), output: Number(output) };
    });
  return variable(
    schema,
    { type: 'prices', allowed: 'two prices, of a million input and of a million output tokens, e.g. 0.15,0.6' },
    about,
  );
}

/** What the job types http and summarize ask. */
export const outside = {
  HTTP_ENDPOINTS: httpEndpoints({
    usedBy: SERVICES,
    description: 'Endpoints that jobs of type http may name (docs/job-types.md).',
  }),
  HTTP_CONCURRENCY: integer({
    min: 1,
    max: 500,
    default: 16,
    usedBy: ['worker'],
    description: 'Requests of jobs of type http at the same time, per worker process and stage.',
  }),
  SUMMARIZE_URL: optionalUrl({
    usedBy: SERVICES,
    description:
      'OpenAI-compatible endpoint of the job type summarize, with its path up to `/chat/completions`. Unset: the type takes no jobs.',
  }),
  SUMMARIZE_MODEL: optionalModel({ usedBy: ['worker'], description: 'Model that summarizes.' }),
  SUMMARIZE_API_KEY: optionalSecret({ ...API_KEY, usedBy: ['worker'], description: 'Sent to SUMMARIZE_URL as a bearer token.' }),
  SUMMARIZE_API_KEY_FILE: optionalSecretFile({
    ...API_KEY,
    usedBy: ['worker'],
    description: 'In place of SUMMARIZE_API_KEY: a file with it.',
  }),
  SUMMARIZE_TIMEOUT_MS: integer({
    min: 100,
    max: 600_000,
    default: 60_000,
    unit: 'ms',
    usedBy: ['worker'],
    description: 'One request to the model.',
  }),
  SUMMARIZE_BATCH_DOCUMENTS: integer({
    min: 1,
    max: 64,
    default: 8,
    usedBy: ['worker'],
    description: 'Documents of one tenant, with equal options, that one request may carry.',
  }),
  SUMMARIZE_CONCURRENCY: integer({
    min: 1,
    max: 64,
    default: 4,
    usedBy: ['worker'],
    description: 'Batches at the model at the same time, per worker process.',
  }),
  SUMMARIZE_PRICES: optionalPrices({
    usedBy: ['worker'],
    description: 'What a million tokens cost, in whatever currency. Unset: results tell tokens alone.',
  }),
};

/** When a dependency that fails is left alone. */
export const breakers = {
  BREAKER_FAILURES: integer({
    min: 1,
    max: 1_000,
    default: 5,
    unit: 'jobs',
    usedBy: ['worker'],
    description:
      'Jobs that a dependency may fail within BREAKER_WINDOW_MS, where they are at least half of those asked, before its breaker opens.',
  }),
  BREAKER_WINDOW_MS: integer({
    min: 100,
    max: 3_600_000,
    default: 30_000,
    unit: 'ms',
    usedBy: ['worker'],
    description: 'Failures that are older do not count.',
  }),
  BREAKER_PROBE_MS: integer({
    min: 100,
    max: 3_600_000,
    default: 5_000,
    unit: 'ms',
    usedBy: ['worker'],
    description: 'After so long one job asks an open dependency again; twice as long after each that fails.',
  }),
  BREAKER_PROBE_MAX_MS: integer({
    min: 100,
    max: 3_600_000,
    default: 60_000,
    unit: 'ms',
    usedBy: ['worker'],
    description: 'The longest wait between two such jobs.',
  }),
};

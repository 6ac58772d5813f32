import { PROBLEMS } from './problems.ts';

interface JobErrorKind {
  readonly title: string;
  readonly meaning: string;
}

/** Codes of failed jobs that come from Jobline itself; those of the shipped job types follow below. */
const ENGINE_ERRORS: Readonly<Record<string, JobErrorKind>> = {
  handler_error: { title: 'The handler failed', meaning: 'The handler threw an exception. Retried with backoff.' },
  handler_stopped: { title: 'The handler was stopped', meaning: 'The handler ended when it was told to stop. Retried.' },
  handler_crashed: { title: 'The handler crashed', meaning: 'The process or thread of the handler ended by itself. Retried.' },
  memory_limit_exceeded: { title: 'Too much memory', meaning: "The handler went beyond its type's memory limit and was ended. Retried." },
  stage_timeout: { title: 'The stage timed out', meaning: "The stage did not end within its type's timeout and was ended. Retried." },
  lease_lost: {
    title: 'The worker was lost',
    meaning: 'The worker that held the job was silent for longer than its lease. Retried; the third time is crash_loop.',
  },
  crash_loop: { title: 'The job ends its workers', meaning: 'Three workers were lost while they held this job. It is set aside.' },
  worker_error: { title: 'The worker failed', meaning: 'A fault of the worker around the handler. Retried.' },
  scratch_full: { title: 'The scratch folder is full', meaning: "The worker's disk had no room. Retried." },
  bad_artifact: {
    title: 'The handler made an artifact that is not allowed',
    meaning: 'A wrong name, a missing file, or too large. Retried.',
  },
};

/** Codes of the job type `report`. */
const REPORT_ERRORS: Readonly<Record<string, JobErrorKind>> = {
  input_missing: { title: 'There is no input', meaning: 'The job has neither an upload nor inline rows.' },
  empty_file: { title: 'The file is empty', meaning: 'It has no bytes, or nothing but blanks.' },
  unsupported_format: {
    title: 'The format is not supported',
    meaning: 'CSV, TSV, NDJSON, JSON and Parquet are read, gzip too. The message names what was found.',
  },
  binary_content: { title: 'The file is not text', meaning: 'It has bytes that no text has, and is no format that is known.' },
  encoding_unknown: { title: 'The encoding is not known', meaning: 'Save the file as UTF-8.' },
  gzip_malformed: { title: 'The gzip file is damaged', meaning: 'Cut off or altered. Compress it again.' },
  archive_too_large: { title: 'The file unpacks to too much', meaning: 'Beyond 8 GiB, or more than 100 times its packed size.' },
  csv_malformed: { title: 'The CSV is broken', meaning: '`detail` names the line, and the number of fields expected and found.' },
  json_malformed: { title: 'The JSON is broken', meaning: 'The message names the line.' },
  json_not_tabular: { title: 'The JSON is no table', meaning: 'A list of objects is read, or one object a line.' },
  parquet_malformed: { title: 'The Parquet file is damaged', meaning: 'Its footer and its contents do not agree, or its end is missing.' },
  record_too_long: { title: 'A record is too long', meaning: 'One record may have 16 MiB; often a quote that is never closed.' },
  too_many_columns: { title: 'Too many columns', meaning: 'At most 1,000.' },
  no_columns: { title: 'There are no columns', meaning: 'No header and no value was found.' },
  unknown_column: {
    title: 'There is no such column',
    meaning: 'An option names a column that the file does not have; the message lists those that it has.',
  },
  invalid_filter: { title: 'A filter does not fit its column', meaning: 'E.g. a text compared with a number.' },
  invalid_metric: { title: 'A metric does not fit its column', meaning: 'E.g. the mean of a text.' },
  invalid_options: { title: 'The options do not fit the data', meaning: 'E.g. a sort by a column that the result does not have.' },
  dataset_too_large: { title: 'The dataset is too large', meaning: 'It does not fit the memory that a worker may use.' },
  stage_input_invalid: {
    title: 'Process 2 cannot read what Process 1 made',
    meaning: 'The stored profile or table is missing or damaged. Submit the job again.',
  },
};

/** Codes of the job types `http` and `summarize`. */
const OUTSIDE_ERRORS: Readonly<Record<string, JobErrorKind>> = {
  endpoint_failed: {
    title: 'The endpoint failed',
    meaning: 'It answered 408, 429 or 5xx, or did not answer. Retried, not before its `Retry-After`.',
  },
  endpoint_rejected: {
    title: 'The endpoint refused the job',
    meaning: 'It answered another 4xx: `detail` has the status and the beginning of its answer.',
  },
  endpoint_redirects: {
    title: 'The endpoint redirects',
    meaning: 'Redirects are not followed: HTTP_ENDPOINTS must name the URL that answers.',
  },
  endpoint_not_synchronous: {
    title: 'The endpoint answered 202',
    meaning: "A stage ends with the endpoint's answer, which must be the result.",
  },
  endpoint_answer_too_large: { title: 'The endpoint answered too much', meaning: 'More than its `max_answer_bytes`.' },
  endpoint_forbidden: { title: 'The endpoint may not be asked', meaning: 'Its URL leads where workers may not go.' },
  endpoint_unknown: {
    title: 'The endpoint is not known to the worker',
    meaning: 'HTTP_ENDPOINTS differs between gateway and worker. Retried.',
  },
  model_failed: {
    title: 'The model failed',
    meaning: 'Its endpoint answered 408, 429 or 5xx, or did not answer. Retried, not before its `Retry-After`.',
  },
  model_rejected: {
    title: 'The model refused the job',
    meaning: 'Its endpoint answered another status, e.g. 400 for a document that is too long for it.',
  },
  model_answer_unusable: { title: 'The model answered nothing of use', meaning: 'Its answer has no summary. Retried.' },
  model_not_set: {
    title: 'The worker knows no model',
    meaning: 'SUMMARIZE_URL and SUMMARIZE_MODEL differ between gateway and worker. Retried.',
  },
};

/** Every code that a job's `error_detail` may have, unless it comes from a user's own job type. */
export const JOB_ERRORS: Readonly<Record<string, JobErrorKind>> = { ...ENGINE_ERRORS, ...REPORT_ERRORS, ...OUTSIDE_ERRORS };

/** Problem type and title of a failed job's code; codes of users' own job types are not in the catalogue. */
export function errorType(code: string): { readonly type: string; readonly title: string } {
  const known = JOB_ERRORS[code];
  return known ? { type: `/errors/${code}`, title: known.title } : { type: 'about:blank', title: 'The job failed' };
}

/** What GET /errors/{code} answers. */
export function describeError(code: string): Readonly<Record<string, unknown>> | undefined {
  if (Object.hasOwn(PROBLEMS, code)) {
    const { status, title, meaning } = PROBLEMS[code as keyof typeof PROBLEMS];
    return { code, status, title, meaning };
  }
  const known = Object.hasOwn(JOB_ERRORS, code) ? JOB_ERRORS[code] : undefined;
  return known && { code, title: known.title, meaning: known.meaning };
}

const row = (cells: readonly (string | number)[]) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;

/** The text of docs/errors.md. */
export function errorsPage(): string {
  const http = Object.entries(PROBLEMS).map(([code, { status, title, meaning }]) => row([`\`${code}\``, status, title, meaning]));
  const table = (errors: Readonly<Record<string, JobErrorKind>>) =>
    Object.entries(errors).map(([code, { title, meaning }]) => row([`\`${code}\``, title, meaning]));
  return `# Errors

This page is generated from \`services/gateway/error-catalogue.ts\` by \`errorsPage()\`; a test compares the two. A running
gateway answers the same at \`GET /errors/{code}\`, which is where the \`type\` of a problem points.

## HTTP answers

Every 4xx and 5xx answer is \`application/problem+json\` (RFC 9457): \`type\`, \`title\`, \`status\`, \`detail\`, \`instance\`, the
stable \`code\`, the \`trace_id\` that the logs carry too, and for wrong fields \`errors: [{pointer, detail}]\`.

| code | status | title | when, and what to do |
| --- | --- | --- | --- |
${http.join('\n')}

## Failed jobs

A failure of a job is data: the job's status is \`FAILED\`, \`error\` a sentence and \`error_detail\` a problem object with one of
these codes and \`error_class\`: \`retry\` (tried again until the attempts are used up), \`reject\` (the input is wrong, no retry
can help), \`timeout\`, \`crash\`. A user's own job types may have codes of their own.

| code | title | meaning |
| --- | --- | --- |
${table(ENGINE_ERRORS).join('\n')}
${Object.keys(REPORT_ERRORS).length > 0 ? `\nOf job type \`report\`:\n\n| code | title | meaning |\n| --- | --- | --- |\n${table(REPORT_ERRORS).join('\n')}\n` : ''}`;
}

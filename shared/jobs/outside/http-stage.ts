import type { JobError } from '../../domain/errors.ts';
import { StoreUnavailableError } from '../../domain/failures.ts';
import type { Endpoint, OutsideAnswer } from '../../ports/outside.ts';
import type { Artifact, Outcome, StageHandler, StageTask } from '../../ports/stage-handler.ts';

/** How a handler reaches the files of its task. */
export interface TaskFiles {
  read(path: string): Promise<Uint8Array>;
  write(path: string, bytes: Uint8Array): Promise<void>;
}

type EndpointErrorCode =
  | 'endpoint_answer_too_large'
  | 'endpoint_failed'
  | 'endpoint_forbidden'
  | 'endpoint_not_synchronous'
  | 'endpoint_redirects'
  | 'endpoint_rejected'
  | 'endpoint_unknown';

type Answered = Extract<OutsideAnswer, { kind: 'answered' }>;

interface HttpInput {
  readonly endpoint: string;
  readonly payload?: unknown;
}

const ANSWER = 'answer-';
const EXTENSIONS: Readonly<Record<string, string>> = {
  'application/json': 'json',
  'application/pdf': 'pdf',
  'application/zip': 'zip',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'text/csv': 'csv',
  'text/html': 'html',
  'text/plain': 'txt',
};
const SHOWN_ANSWER_CHARS = 300;

/** One stage of the job type http: posts to the operator's URL of the stage, and keeps what is answered. A stage without a URL does nothing. */
export function httpStage(files: TaskFiles): StageHandler {
  return async (task, { outside, signal }) => {
    const { endpoint: name } = task.input as HttpInput;
    const endpoint = outside?.endpoints.get(name);
    if (!outside || !endpoint) return retry('endpoint_unknown', `This worker knows no endpoint ${JSON.stringify(name)}.`);
    const url = endpoint.urls[task.job.stage];
    if (url === undefined) return { kind: 'done' };
    const { timeoutMs, maxAnswerBytes } = endpoint;
    const body = await bodyOf(files, task);
    const signed = await outside.sign(task.job.tenant, task.effectKey, body).catch(orUndefinedWhileAway);
    if (!signed) return { kind: 'hold', afterMs: STORE_AWAY_MS };
    const headers = { ...signed, 'Idempotency-Key': `"${task.effectKey}"`, ...FIXED_HEADERS };
    const answer = await outside.ask({ url, headers, body, jobs: 1, timeoutMs, maxAnswerBytes }, signal);
    return answer.kind === 'answered' ? outcomeOf(files, task, endpoint, answer) : notAnswered(answer, name);
  };
}

const FIXED_HEADERS = { 'Content-Type': 'application/json', 'User-Agent': 'jobline-http/1', Accept: '*/*' };
/** A job whose signing key cannot be read comes again after this long. */
const STORE_AWAY_MS = 1_000;

function orUndefinedWhileAway(error: unknown): undefined {
  if (!(error instanceof StoreUnavailableError)) throw error;
}

async function bodyOf(files: TaskFiles, task: StageTask): Promise<string> {
  const { id, type, tenant, stage, attempt, run } = task.job;
  const { endpoint, payload } = task.input as HttpInput;
  const previous = await previousAnswer(files, task);
  return JSON.stringify({ job_id: id, type, tenant, stage, attempt, run, endpoint, payload, ...(previous && { previous }) });
}

/** What the stage before has kept, in a form that JSON takes. */
async function previousAnswer(files: TaskFiles, { files: given }: StageTask): Promise<Readonly<Record<string, unknown>> | undefined> {
  const file = given.find(({ name }) => name.startsWith(ANSWER));
  if (!file) return undefined;
  const bytes = await files.read(file.path);
  const about = { media_type: file.mediaType };
  const text = /^(?:text\/|application\/(?:[\w.+-]+\+)?json\b)/.test(file.mediaType) ? textOf(bytes) : undefined;
  if (text === undefined) return { ...about, base64: base64Of(bytes) };
  const json = file.mediaType.includes('json') ? jsonOf(text) : undefined;
  return json === undefined ? { ...about, text } : { ...about, json };
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

async function outcomeOf(files: TaskFiles, task: StageTask, { name, maxAnswerBytes, urls }: Endpoint, answer: Answered): Promise<Outcome> {
  const { status, isCut, body, mediaType } = answer;
  const who = `The endpoint ${JSON.stringify(name)}`;
  const detail = { status, endpoint: name };
  if (status === 202) {
    return reject('endpoint_not_synchronous', `${who} answered 202: a stage ends with its answer, which must be the result.`, detail);
  }
  if (status >= 300 && status < 400) return reject('endpoint_redirects', `${who} redirects, which is not followed.`, detail);
  if (status < 200 || status >= 400) {
    const said = textOf(body)
      ?.replace(/\p{Cc}+/gu, ' ')
      .slice(0, SHOWN_ANSWER_CHARS);
    return reject('endpoint_rejected', `${who} answered ${status}.`, { ...detail, ...(said && { answer: said }) });
  }
  if (isCut) return reject('endpoint_answer_too_large', `${who} answered more than ${maxAnswerBytes} bytes.`, detail);
  const summary = { endpoint: name, status, bytes: body.length };
  if (body.length === 0) return { kind: 'done', summary };
  const bare = mediaType.split(';')[0]!.trim().toLowerCase();
  const extension = Object.hasOwn(EXTENSIONS, bare) ? EXTENSIONS[bare] : undefined;
  const artifact: Artifact = {
    name: `${ANSWER}${task.job.stage}.${extension ?? 'bin'}`,
    mediaType: extension === undefined ? 'application/octet-stream' : mediaType,
    audience: task.job.stage === Object.keys(urls).at(-1) ? 'user' : 'internal',
  };
  await files.write(`${task.outDir}/${artifact.name}`, body);
  return { kind: 'done', artifacts: [artifact], summary };
}

function notAnswered(answer: Exclude<OutsideAnswer, Answered>, name: string): Outcome {
  const who = `The endpoint ${JSON.stringify(name)}`;
  switch (answer.kind) {
    case 'held':
      return { kind: 'hold', afterMs: answer.afterMs };
    case 'refused':
      return reject('endpoint_forbidden', `${who} may not be asked: ${answer.reason}`, { endpoint: name });
    case 'failed': {
      if (answer.charged === 0) return { kind: 'hold', afterMs: answer.heldMs };
      const { status, retryAfterMs: afterMs, reason } = answer;
      const error = retry('endpoint_failed', `${who} failed: ${reason}`, { endpoint: name, ...(status !== undefined && { status }) });
      return { ...error, ...(afterMs !== undefined && { afterMs }) };
    }
  }
}

function retry(code: EndpointErrorCode, message: string, detail?: JobError['detail']): Extract<Outcome, { kind: 'retry' }> {
  return { kind: 'retry', error: { code, message, errorClass: 'retry', ...(detail && { detail }) } };
}

function reject(code: EndpointErrorCode, message: string, detail: JobError['detail'] & {}): Outcome {
  return { kind: 'reject', error: { code, message, errorClass: 'reject', detail } };
}

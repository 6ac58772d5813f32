import { type ApiConnection, type ApiRequest, unexpectedAnswer } from './api-connection.ts';
import type { BatchResult, RefusedBatchJob } from './api-types.ts';
import type { BatchLine } from './batch-chunks.ts';
import { pause } from './deadline.ts';
import { JoblineNetworkError, JoblineProblem } from './errors.ts';
import { isRetryable, isRetryableStatus, retryDelayMs } from './retrying.ts';

const NDJSON = 'application/x-ndjson';

/** A line of the answer: `index` counts the lines of the request. */
type Answer = Omit<BatchResult, 'idempotency_key'> & Pick<RefusedBatchJob, 'retry_after'>;

/** What was answered, and what the attempt failed with after that, if it did. */
interface Attempt {
  readonly answers: readonly Answer[];
  readonly failure?: unknown;
}

/** The lines of a body as they come: what was read of a body that is cut off is kept. */
async function readAnswers(response: Response, answers: Answer[]): Promise<void> {
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    rest += decoder.decode(value, { stream: !done });
    const end = rest.lastIndexOf('\n');
    for (const line of rest.slice(0, Math.max(end, 0)).split('\n')) if (line !== '') answers.push(JSON.parse(line) as Answer);
    rest = rest.slice(end + 1);
    if (done) return;
  }
}

async function attempt(connection: ApiConnection, lines: readonly BatchLine[], signal: AbortSignal): Promise<Attempt> {
  const body = lines.map(({ text }) => text).join('');
  const request: ApiRequest = {
    method: 'POST',
    path: '/v1/jobs:batch',
    headers: { 'content-type': NDJSON, accept: `${NDJSON}, application/problem+json` },
    body,
  };
  const answers: Answer[] = [];
  const read = async (response: Response) => {
    if (response.headers.get('content-type')?.startsWith(NDJSON)) return readAnswers(response, answers);
    throw unexpectedAnswer(request, response, await response.text());
  };
  try {
    await connection.attempt(request, read, { signal });
  } catch (failure) {
    return { answers, failure };
  }
  if (answers.length === lines.length) return { answers };
  const failure = new JoblineNetworkError(`POST /v1/jobs:batch: ${lines.length} jobs were sent, ${answers.length} answered.`);
  return { answers, failure };
}

/** The longest wait that anything of the answer asks for, in ms. */
function retryAfterMsOf({ answers, failure }: Attempt): number {
  const seconds = Math.max(0, ...answers.map(({ retry_after = 0 }) => retry_after));
  return Math.max(seconds * 1_000, failure instanceof JoblineProblem ? (failure.retryAfterMs ?? 0) : 0);
}

/**
 * Sends one request of a batch, and again, with the same keys, those of its jobs that had no answer or one that may pass.
 * @returns a result for each line, in order.
 * @throws what stood against the whole request, and JoblineNetworkError where jobs are left without an answer.
 */
export async function sendBatch(
  connection: ApiConnection,
  lines: readonly BatchLine[],
  signal: AbortSignal,
): Promise<readonly BatchResult[]> {
  const first = lines[0]!.index;
  const results: (BatchResult | undefined)[] = lines.map(() => undefined);
  let open = lines;
  for (let number = 1; ; number += 1) {
    const made = await attempt(connection, open, signal);
    for (const answer of made.answers) {
      const line = open[answer.index];
      // Written into what was parsed: a copy for each of a hundred thousand would cost more than the parsing.
      if (line) results[line.index - first] = Object.assign(answer, { index: line.index, idempotency_key: line.key }) as BatchResult;
    }
    open = open.filter(({ index }) => isRetryableStatus(results[index - first]?.status ?? 503));
    if (open.length === 0) break;
    if (made.failure && !isRetryable(made.failure)) throw made.failure;
    const delayMs = retryDelayMs(connection.settings.retry, number, retryAfterMsOf(made));
    if (delayMs === undefined && made.failure) throw made.failure;
    if (delayMs === undefined) break;
    await pause(delayMs, signal);
  }
  return results as readonly BatchResult[];
}

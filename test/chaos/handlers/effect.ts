import type { StageHandler, StageTask } from '../../../shared/ports/stage-handler.ts';

/** What a chaos job's input says. */
export interface ChaosInput {
  /** Which case the job belongs to: tests find its jobs by it. */
  readonly case: string;
  /** URL of the effect sink. */
  readonly sink: string;
  /** URL of the failpoints' control server, for the point inside the handler. */
  readonly control?: string;
  /** Milliseconds that each stage works, or those named. */
  readonly waitMs?: number | Readonly<Record<string, number>>;
  /** Stage whose handler gives the job up, and in how many runs. */
  readonly reject?: { readonly stage: string; readonly runs: number };
}

async function post(url: string, body: object): Promise<void> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}

function effectOf({ effectKey, job: { id, stage, run, attempt } }: StageTask) {
  return { key: effectKey, jobId: id, stage, run, attempt, pid: process.pid };
}

/** Has an effect outside under the stable key of its stage and run, stands at the failpoint inside the handler, and answers a small artifact. */
export const handle: StageHandler = async (task, { signal }) => {
  const { sink, control, reject, waitMs: wait = 0 } = task.input as ChaosInput;
  const { id, stage, run } = task.job;
  const waitMs = typeof wait === 'number' ? wait : (wait[stage] ?? 0);
  await post(sink, effectOf(task));
  if (control) await post(control, { name: 'in handler', pid: process.pid, service: 'handler', jobs: [id] }).catch(() => undefined);
  if (waitMs > 0) await new Promise<void>((resolve) => waiting(resolve, waitMs, signal));
  if (reject?.stage === stage && run < reject.runs)
    return { kind: 'reject', error: { code: 'test_reject', message: 'The input is of no use.', errorClass: 'reject' } };
  const data = JSON.stringify({ stage, effectKey: task.effectKey });
  return { kind: 'done', artifacts: [{ name: `${stage}.json`, mediaType: 'application/json', audience: 'user', data }] };
};

function waiting(resolve: () => void, waitMs: number, signal: AbortSignal): void {
  const timer = setTimeout(resolve, waitMs);
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    resolve();
  });
}

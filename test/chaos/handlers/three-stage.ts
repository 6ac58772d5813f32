import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { StageHandler, StageTask } from '../../../shared/ports/stage-handler.ts';

/** What a tier B job's input says. */
export interface ThreeStageInput {
  /** URL of the effect sink. */
  readonly sink: string;
  /** Stage that misbehaves, how, and in how many runs. */
  readonly poison?: { readonly stage: string; readonly how: 'throw' | 'exit' | 'kill-worker'; readonly runs: number };
}

async function tell(sink: string, { effectKey, job: { id, stage, run, attempt } }: StageTask): Promise<void> {
  const body = JSON.stringify({ key: effectKey, jobId: id, stage, run, attempt, pid: process.pid });
  const response = await fetch(sink, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`The sink answered ${response.status}`);
}

function misbehave(how: 'throw' | 'exit' | 'kill-worker'): void {
  if (how === 'exit') process.exit(7);
  if (how === 'kill-worker') process.kill(process.ppid, 'SIGKILL');
  throw new Error('poisoned');
}

/** SHA-256 of what the stage before wrote; undefined in the first, and for inline handlers, which get no files. */
async function digestOfPrevious({ files, job: { stage } }: StageTask): Promise<string | undefined> {
  const before = files.find(({ name }) => name === `p${Number(stage.slice(1)) - 1}.json`);
  return (
    before &&
    createHash('sha256')
      .update(await readFile(before.path))
      .digest('hex')
  );
}

/** Has an effect outside under the stable key of its stage and run, and answers what it read of the stage before. */
export const handle: StageHandler = async (task) => {
  const { sink, poison } = task.input as ThreeStageInput;
  const { stage, run } = task.job;
  await tell(sink, task);
  if (poison?.stage === stage && run < poison.runs) misbehave(poison.how);
  const previous = await digestOfPrevious(task);
  // Another at each execution, so that it shows whose output was read.
  const data = JSON.stringify({ stage, key: task.effectKey, pid: process.pid, at: process.hrtime.bigint().toString() });
  const artifacts = [{ name: `${stage}.json`, mediaType: 'application/json', audience: 'user', data }] as const;
  return { kind: 'done', artifacts, ...(previous !== undefined && { summary: { previous } }) };
};

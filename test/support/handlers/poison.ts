import type { StageHandler } from '../../../shared/ports/stage-handler.ts';
import { inputOf, noteEffect } from './effects.ts';

const MIB = 1_048_576;

/** Misbehaves at one stage, in the way that its input asks for; is well behaved otherwise. */
export const handle: StageHandler = async (task) => {
  noteEffect(task, 'started');
  const { poison } = inputOf(task);
  const { stage, attempt, run } = task.job;
  const always = Number.POSITIVE_INFINITY;
  const isDue = poison?.stage === stage && attempt <= (poison.attempts ?? always) && run < (poison.runs ?? always);
  if (poison && isDue) await misbehave(poison.how);
  if (poison?.how === 'reject' && isDue) {
    return { kind: 'reject', error: { code: 'test_reject', message: 'The input is of no use.', errorClass: 'reject' } };
  }
  noteEffect(task, 'ended');
  return { kind: 'done' };
};

async function misbehave(how: string): Promise<void> {
  const kept: unknown[] = [];
  switch (how) {
    case 'throw':
      throw new Error('poisoned');
    case 'exit':
      process.exit(7);
      break;
    case 'kill-self':
      process.kill(process.pid, 'SIGKILL');
      break;
    case 'kill-worker':
      process.kill(process.ppid, 'SIGKILL');
      break;
    case 'heap':
      for (;;) kept.push(new Array(10_000).fill(kept.length));
    case 'buffers':
      for (;;) {
        kept.push(Buffer.alloc(8 * MIB, 1));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    case 'loop':
      for (;;) kept.length = 0;
  }
}

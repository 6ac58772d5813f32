import type { MessagePort } from 'node:worker_threads';
import type { Outcome, StageTask } from '../../ports/stage-handler.ts';
import { checkedOutcome, thrownOutcome } from './handler-error.ts';
import { loadHandler } from './load-handler.ts';

/** What a handler thread is given; the port carries `stop` in and progress out. */
export interface ThreadTask {
  readonly module: string;
  readonly task: StageTask;
  readonly port: MessagePort;
}

/** Entry of a handler thread (piscina): runs one task. */
export default async function run({ module, task, port }: ThreadTask): Promise<Outcome> {
  const controller = new AbortController();
  port.on('message', (reason: string) => controller.abort(reason));
  port.unref();
  try {
    const handle = await loadHandler(module);
    const progress = (fraction: number) => port.postMessage(fraction);
    return checkedOutcome(await handle(task, { signal: controller.signal, progress }));
  } catch (error) {
    return thrownOutcome(error);
  } finally {
    port.close();
  }
}

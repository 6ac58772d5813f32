import { fork } from 'node:child_process';

/** What came of a measurement; without an answer `ended` says how its process did. */
export interface Apart<T> {
  readonly answer?: T;
  readonly ended: string;
}

/** Runs one measurement in a process of its own, which is the client. It ends with us: it notices that its channel has closed. */
export function runApart<T>(module: URL, order: object): Promise<Apart<T>> {
  const child = fork(module, [JSON.stringify(order)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return new Promise((resolve) => {
    let answer: T | undefined;
    child.on('message', (run) => {
      answer = run as T;
    });
    child.once('exit', (code, signal) => {
      resolve({ ...(answer !== undefined && { answer }), ended: `The measurement ended with ${code ?? signal}.` });
    });
  });
}

/** The other side: measures what was ordered, and answers; `failed` makes an answer of what was thrown. */
export async function answerApart<O, T>(measure: (order: O) => Promise<T>, failed: (order: O, error: string) => T): Promise<void> {
  const order = JSON.parse(process.argv[2] ?? '') as O;
  const answer = await measure(order).catch((error: unknown) => failed(order, (error as Error).stack ?? String(error)));
  process.send?.(answer, () => process.exit(0));
}

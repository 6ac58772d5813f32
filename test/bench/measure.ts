import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { localModule } from '../support/local-stack.ts';
import { CONTENDERS } from './contenders/catalogue.ts';
import type { Run } from './report/result.ts';
import { Servers } from './servers/servers.ts';
import type { Contender, Running } from './suite/contender.ts';
import { type Executions, readExecutions } from './suite/execution-log.ts';
import { measure, type Plan } from './suite/scenarios.ts';
import { executionCount, STAGES, verify } from './suite/verify.ts';

/** One measurement in a process of its own, which is the client: no contender runs in the heap that another has left. */
interface Order {
  readonly contender: string;
  readonly repeat: number;
  readonly plan: Plan;
}

interface Folders {
  makeTemporaryFolder(kind: string): string;
  removeFolder(folder: string): void;
}

interface Keeper {
  acquire(): void;
  release(): Promise<void>;
  guardPath(path: string): void;
  forgetPath(path: string): void;
}

const NOTED_WITHIN_MS = 5_000;
const LOOK_MS = 50;

/** Waits for what processes have not written down yet; what is missing then was not executed. */
async function allExecutions(folder: string, submitted: number): Promise<Executions> {
  const untilMs = performance.now() + NOTED_WITHIN_MS;
  for (;;) {
    const executions = await readExecutions(folder);
    if (executionCount(executions) >= submitted * STAGES.length || performance.now() > untilMs) return executions;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function measureIn(folder: string, contender: Contender, order: Order): Promise<Run> {
  const { repeat, plan } = order;
  const executionsFolder = join(folder, 'executions');
  mkdirSync(executionsFolder);
  const servers = new Servers(folder, (line) => process.stderr.write(`${line}\n`));
  let running: Running | undefined;
  try {
    running = await contender.start({ servers, folder, executionsFolder, scenario: plan.scenario });
    const { figures, states, submitted } = await measure(running, plan);
    const verification = verify(submitted, states, await allExecutions(executionsFolder, submitted));
    return { contender: contender.name, scenario: plan.scenario, repeat, figures, verification, versions: servers.versions };
  } finally {
    await running?.stop();
    await servers.stop();
  }
}

async function main(order: Order): Promise<Run> {
  const contender = CONTENDERS.find(({ name }) => name === order.contender)!;
  const { makeTemporaryFolder, removeFolder } = await localModule<Folders>('folders.mjs');
  const { keeper } = await localModule<{ keeper: Keeper }>('keeper.mjs');
  keeper.acquire();
  const folder = makeTemporaryFolder('bench');
  keeper.guardPath(folder);
  // PostgreSQL, which refuses to be root, has to pass through.
  chmodSync(folder, 0o711);
  try {
    return await measureIn(folder, contender, order);
  } finally {
    removeFolder(folder);
    keeper.forgetPath(folder);
    await keeper.release();
  }
}

const order = JSON.parse(process.argv[2] ?? '') as Order;
const { contender, repeat, plan } = order;
const failed = (error: unknown): Run => ({ contender, scenario: plan.scenario, repeat, error: (error as Error).stack ?? String(error) });
const run = await main(order).catch(failed);
process.send?.(run, () => process.exit(0));

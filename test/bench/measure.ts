import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CONTENDERS } from './contenders/catalogue.ts';
import type { Run } from './report/result.ts';
import { Servers } from './servers/servers.ts';
import type { Contender, Running } from './suite/contender.ts';
import { measure, type Plan } from './suite/scenarios.ts';
import { inTemporaryFolder } from './suite/temporary-folder.ts';
import { allExecutions, verify } from './suite/verify.ts';

/** One measurement in a process of its own, which is the client: no contender runs in the heap that another has left. */
interface Order {
  readonly contender: string;
  readonly repeat: number;
  readonly plan: Plan;
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

function main(order: Order): Promise<Run> {
  const contender = CONTENDERS.find(({ name }) => name === order.contender)!;
  return inTemporaryFolder('bench', (folder) => measureIn(folder, contender, order));
}

const order = JSON.parse(process.argv[2] ?? '') as Order;
const { contender, repeat, plan } = order;
const failed = (error: unknown): Run => ({ contender, scenario: plan.scenario, repeat, error: (error as Error).stack ?? String(error) });
const run = await main(order).catch(failed);
process.send?.(run, () => process.exit(0));

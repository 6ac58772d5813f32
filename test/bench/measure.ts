import { CONTENDERS } from './contenders/catalogue.ts';
import type { Run } from './report/result.ts';
import { Servers } from './servers/servers.ts';
import { allExecutions } from './suite/all-executions.ts';
import { answerApart } from './suite/apart.ts';
import type { Running } from './suite/contender.ts';
import { inMeasurementFolder, type MeasurementFolder } from './suite/measurement-folder.ts';
import { measure, type Plan } from './suite/scenarios.ts';
import { verify } from './suite/verify.ts';

/** One measurement in a process of its own, which is the client: no contender runs in the heap that another has left. */
interface Order {
  readonly contender: string;
  readonly repeat: number;
  readonly plan: Plan;
}

async function measureIn({ folder, executionsFolder }: MeasurementFolder, { contender, repeat, plan }: Order): Promise<Run> {
  const servers = new Servers(folder, (line) => process.stderr.write(`${line}\n`));
  let running: Running | undefined;
  try {
    const chosen = CONTENDERS.find(({ name }) => name === contender)!;
    running = await chosen.start({ servers, folder, executionsFolder, scenario: plan.scenario });
    const { figures, states, submitted } = await measure(running, plan);
    const verification = verify(submitted, states, await allExecutions(executionsFolder, submitted));
    return { contender, scenario: plan.scenario, repeat, figures, verification, versions: servers.versions };
  } finally {
    await running?.stop();
    await servers.stop();
  }
}

await answerApart<Order, Run>(
  (order) => inMeasurementFolder((place) => measureIn(place, order)),
  ({ contender, repeat, plan }, error) => ({ contender, scenario: plan.scenario, repeat, error }),
);

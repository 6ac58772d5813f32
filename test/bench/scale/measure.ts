import { startJobline } from '../contenders/jobline/start-jobline.ts';
import { Servers } from '../servers/servers.ts';
import { allExecutions } from '../suite/all-executions.ts';
import { answerApart } from '../suite/apart.ts';
import { inMeasurementFolder, type MeasurementFolder } from '../suite/measurement-folder.ts';
import { verify } from '../suite/verify.ts';
import type { Curve } from './curves.ts';
import { measurePayload, measureStored, measureWorkers } from './measure-batch.ts';
import { measureClients } from './measure-clients.ts';
import { measureWaiting } from './measure-waiting.ts';
import type { ScaleOrder } from './order.ts';
import type { ScaleRun } from './result.ts';
import { ScaleDatabase } from './scale-database.ts';
import { settingsOf } from './settings.ts';
import type { Outcome, Site } from './site.ts';
import { Submitter } from './submitter.ts';

const MEASURES: Readonly<Record<Curve, (site: Site) => Promise<Outcome>>> = {
  stored: measureStored,
  waiting: measureWaiting,
  payload: measurePayload,
  workers: measureWorkers,
  clients: measureClients,
};

async function measureIn({ folder, executionsFolder }: MeasurementFolder, order: ScaleOrder): Promise<ScaleRun> {
  const { curve, value, repeat } = order;
  const servers = new Servers(folder, (line) => process.stderr.write(`${line}\n`));
  const settings = settingsOf(order, new Date());
  const { system, client } = await startJobline({ servers, executionsFolder }, settings.options);
  let database: ScaleDatabase | undefined;
  try {
    database = await ScaleDatabase.open(system.mongodbUrl);
    const submitter = new Submitter(client, settings.options.batchJobs);
    const { figures, submitted } = await MEASURES[curve]({ order, system, client, submitter, database });
    const verification = verify(submitted, await client.readBack(), await allExecutions(executionsFolder, submitted));
    const { errors } = submitter;
    const notes = errors.length > 0 ? [`${errors.length} submissions failed and were sent again at ${value}; the first: ${errors[0]}`] : [];
    const said = { figures: { ...figures, errors: errors.length }, versions: servers.versions, notes: [...settings.notes, ...notes] };
    return { curve, value, repeat, verification, ...said };
  } finally {
    await database?.close();
    await client.stop();
    await servers.stop();
  }
}

await answerApart<ScaleOrder, ScaleRun>(
  (order) => inMeasurementFolder((place) => measureIn(place, order)),
  ({ curve, value, repeat }, error) => ({ curve, value, repeat, error }),
);

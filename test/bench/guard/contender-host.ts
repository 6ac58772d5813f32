import { CONTENDERS } from '../contenders/catalogue.ts';
import { Servers } from '../servers/servers.ts';
import type { Scenario } from '../suite/contender.ts';
import { inMeasurementFolder, type MeasurementFolder } from '../suite/measurement-folder.ts';
import type { FromHost, ToHost } from './host-messages.ts';
import { RoundRunner } from './round-runner.ts';

/** Entry of a contender's process, which is its client: keeps it running and measures rounds when it is asked to. */
const STOP_MS = 20_000;

const send = (message: FromHost) => void process.send?.(message);
const disconnected = new Promise<void>((resolve) => {
  process.once('disconnect', () => {
    setTimeout(() => process.exit(1), STOP_MS).unref();
    resolve();
  });
});

async function answer(runner: RoundRunner, message: ToHost): Promise<FromHost> {
  try {
    if (message.kind === 'round') return { kind: 'figures', figures: await runner.run(message.round) };
    return { kind: 'verified', verification: await runner.verify() };
  } catch (error) {
    return { kind: 'failed', reason: (error as Error).message };
  }
}

async function serve({ folder, executionsFolder }: MeasurementFolder, name: string, scenario: Scenario): Promise<void> {
  const contender = CONTENDERS.find((one) => one.name === name)!;
  const servers = new Servers(folder, (line) => process.stderr.write(`${line}\n`));
  try {
    const running = await contender.start({ servers, folder, executionsFolder, scenario });
    try {
      const runner = new RoundRunner(running, executionsFolder);
      process.on('message', (message: ToHost) => void answer(runner, message).then(send));
      send({ kind: 'ready' });
      await disconnected;
    } finally {
      await running.stop();
    }
  } finally {
    await servers.stop();
  }
}

const [name = '', scenario = ''] = process.argv.slice(2);
try {
  await inMeasurementFolder((place) => serve(place, name, scenario as Scenario));
} catch (error) {
  send({ kind: 'failed', reason: (error as Error).message });
  await disconnected;
}
process.exit(0);

import { JOBLINE } from '../contenders/jobline/jobline.ts';
import { Servers } from '../servers/servers.ts';
import { allExecutions } from '../suite/all-executions.ts';
import type { Running } from '../suite/contender.ts';
import { inMeasurementFolder, type MeasurementFolder } from '../suite/measurement-folder.ts';
import { type MemorySeries, MemoryWatch } from '../suite/memory-watch.ts';
import { untilDone } from '../suite/scenarios.ts';
import { type Verification, verify } from '../suite/verify.ts';
import type { MemoryOptions } from './options.ts';
import { submitSteadily } from './steady-load.ts';

/** What was seen. */
export interface MemoryEvidence {
  /** Submitted a second, as asked for. */
  readonly perSecond: number;
  readonly jobs: number;
  /** From the first submission to the last answer, s. */
  readonly seconds: number;
  readonly startMs: number;
  readonly memory: MemorySeries;
  readonly verification: Verification;
  readonly versions: Readonly<Record<string, string>>;
}

type Say = (line: string) => void;

const PROBE_SECONDS = 10;
const CARRIED_SHARE = 0.6;

/** As fast as the answers come, until all have ended: what the machine carries. @returns its jobs, and jobs a second */
async function probe(running: Running, timeoutSeconds: number): Promise<{ readonly jobs: number; readonly perSecond: number }> {
  const startedMs = performance.now();
  const jobs = await submitSteadily(running, { perSecond: undefined, seconds: PROBE_SECONDS, from: 0 });
  await untilDone(running, jobs, timeoutSeconds);
  return { jobs, perSecond: (jobs * 1_000) / (performance.now() - startedMs) };
}

async function loadOf(running: Running, options: MemoryOptions, say: Say) {
  const { minutes, timeoutSeconds } = options;
  const probed = await probe(running, timeoutSeconds);
  const perSecond = options.perSecond ?? Math.round(probed.perSecond * CARRIED_SHARE);
  say(`The probe ran ${probed.perSecond.toFixed(0)} jobs/s; ${perSecond} jobs/s for ${minutes} min ...`);
  const startMs = performance.now();
  const services = ({ rabbitmq: _rabbitmq, mongodb: _mongodb, ...own }: Readonly<Record<string, number>>) => own;
  const watch = new MemoryWatch(
    () => services(running.processes()),
    () => performance.now(),
  );
  const jobs = await submitSteadily(running, { perSecond, seconds: minutes * 60, from: probed.jobs });
  const seconds = (performance.now() - startMs) / 1_000;
  const memory = watch.stop();
  await untilDone(running, probed.jobs + jobs, timeoutSeconds);
  return { perSecond, jobs, seconds, startMs, memory, submitted: probed.jobs + jobs };
}

async function measureIn(place: MeasurementFolder, options: MemoryOptions, say: Say): Promise<MemoryEvidence> {
  const { folder, executionsFolder } = place;
  const servers = new Servers(folder, say);
  const contender = JOBLINE.find(({ name }) => name === 'jobline-http')!;
  const running = await contender.start({ servers, folder, executionsFolder, scenario: 'single' });
  try {
    const { submitted, ...seen } = await loadOf(running, options, say);
    const states = await running.readBack();
    const verification = verify(submitted, states, await allExecutions(executionsFolder, submitted));
    return { ...seen, verification, versions: servers.versions };
  } finally {
    await running.stop();
    await servers.stop();
  }
}

/** The released services under a steady load of jobs that do nothing: their resident memory, once a second. */
export function measure(options: MemoryOptions, say: Say): Promise<MemoryEvidence> {
  return inMeasurementFolder((place) => measureIn(place, options, say));
}

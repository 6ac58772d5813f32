import { HistoryObserver } from '../oracles/history-observer.ts';
import type { Verdict } from '../oracles/verdict.ts';
import { ChaosWorld, type WorldOptions } from './chaos-world.ts';
import { ClientLog } from './client-log.ts';
import { DIRECTED_CASES, type DirectedCase, FULL_DISK_CASE, smallScratch } from './directed-cases.ts';
import { casesOf, FAULTS, type FailpointCase } from './failpoint-cases.ts';
import { impatientBroker, LONG_STAGE_CASES } from './long-stage-cases.ts';
import { evidenceOf, judge, type RunEvidence } from './run-evidence.ts';
import { type CaseRun, runFailpointCase } from './run-failpoint-case.ts';

/** A gateway that is killed or cut off comes back in seconds; the rest is for a busy machine. */
const PATIENCE_MS = 180_000;
/** Within a minute of the last fault all is done (docs/reliability.md); the bells of the purged queue wait for the audit. */
const DRAIN_LIMIT_MS = 60_000;
/** Watched for longer: what a busy machine has not done in time may be done all the same. */
const DRAIN_MS = 240_000;

export interface TierAOptions {
  /** Names of groups; default all. */
  readonly only?: readonly string[] | undefined;
  /** Told what happens, a line each. */
  say?(line: string): void;
  /** Told each case that is done, or could not be. */
  onCase?(name: string, run: CaseRun | Error): void;
}

/** What all groups share. */
interface Run extends TierAOptions {
  readonly observer: HistoryObserver;
}

/** Cases that run one after another on one system. */
interface CaseGroup {
  readonly name: string;
  readonly cases: readonly DirectedCase[];
  readonly world: WorldOptions;
  /** True where the broker loses messages on purpose. */
  readonly mayAudit?: boolean;
}

const failpointCase = (one: FailpointCase): DirectedCase => ({
  name: `${one.name} (${one.type})`,
  run: (world, client) => runFailpointCase(world, client, one),
});

const atFailpoints = (...ids: readonly string[]) => casesOf(ids).map(failpointCase);
/** Those that leave orphans have others between them. */
const atFailpointsByFault = (...ids: readonly string[]) =>
  FAULTS.flatMap((fault) =>
    casesOf(ids)
      .filter((one) => one.fault === fault)
      .map(failpointCase),
  );

/** What is frozen has a second process beside it where others have to take over. */
const FAILPOINT_GROUPS: readonly CaseGroup[] = [
  { name: 'gateway', cases: atFailpoints('G1', 'G2', 'G3', 'G4'), world: { topology: 'single' } },
  { name: 'claims', cases: atFailpoints('W1', 'W2', 'W3', 'W4'), world: { scale: { 'p1-worker': 2 } } },
  { name: 'commits', cases: atFailpoints('W5', 'W6', 'W7', 'W8'), world: { topology: 'single', scale: { 'single-worker': 2 } } },
  { name: 'scheduler', cases: atFailpointsByFault('S1', 'S2', 'S3', 'H1'), world: { topology: 'single', scale: { scheduler: 2 } } },
];

const DIRECTED = 'directed';
const LONG = 'long stages';

/** All groups and the names of their cases, in the order in which they run. A full disk needs a user who may mount one. */
export const TIER_A: readonly { readonly group: string; readonly cases: readonly string[] }[] = [
  ...FAILPOINT_GROUPS.map(({ name, cases }) => ({ group: name, cases: cases.map((one) => one.name) })),
  { group: DIRECTED, cases: [...DIRECTED_CASES, FULL_DISK_CASE].map(({ name }) => name) },
  { group: LONG, cases: LONG_STAGE_CASES.map(([{ name }]) => name) },
];

/** What became of tier A. */
export interface TierA {
  /** By case: what was done, or why it could not be. */
  readonly cases: ReadonlyMap<string, CaseRun | Error>;
  /** Cases that this user cannot run. */
  readonly skipped: readonly string[];
  /** Cases whose fault could not be done, or did what must not be. */
  readonly failed: readonly string[];
  /** Groups that had not drained a minute after their last fault. */
  readonly late: readonly string[];
  readonly verdict: Verdict;
}

/** Runs the groups named (default all), each on a system of its own, all at once. */
export async function runTierA(options: TierAOptions = {}): Promise<TierA> {
  const run: Run = { ...options, observer: new HistoryObserver() };
  const isWanted = (name: string) => options.only?.includes(name) ?? true;
  const settled = await Promise.allSettled([
    ...FAILPOINT_GROUPS.filter(({ name }) => isWanted(name)).map((group) => runGroup(group, run)),
    ...(isWanted(DIRECTED) ? [runDirected(run)] : []),
    ...(isWanted(LONG) ? [runLongStages(run)] : []),
  ]);
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  const runs = settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  const cases = new Map(runs.flatMap((one) => [...one.cases]));
  return {
    cases,
    skipped: TIER_A.flatMap((one) => (isWanted(one.group) ? one.cases.filter((name) => !cases.has(name)) : [])),
    failed: [...cases].flatMap(([name, one]) => (one instanceof Error ? name : [])),
    late: runs.flatMap((one) => (one.evidence.drainedAfterMs > DRAIN_LIMIT_MS && !one.evidence.mayAudit ? one.name : [])),
    verdict: judge(
      run.observer,
      runs.map((one) => one.evidence),
    ),
  };
}

interface GroupRun {
  readonly name: string;
  readonly cases: ReadonlyMap<string, CaseRun | Error>;
  readonly evidence: RunEvidence;
}

async function runGroup(group: CaseGroup, { observer, say = () => undefined, onCase }: Run): Promise<GroupRun[]> {
  const { name, mayAudit = false } = group;
  const world = await ChaosWorld.start({ ...group.world, observer });
  try {
    const client = new ClientLog(world.system, PATIENCE_MS);
    const cases = new Map<string, CaseRun | Error>();
    for (const one of group.cases) {
      const run = await attempt(world, client, one);
      cases.set(one.name, run);
      onCase?.(one.name, run);
      say(`${one.name}: ${run instanceof Error ? run.message : `${run.proof}, ${(run.tookMs / 1_000).toFixed(1)} s`}`);
    }
    const lastFaultAtMs = performance.now();
    await world.drained(DRAIN_MS, { afterMs: DRAIN_LIMIT_MS, tell: (evidence) => say(`${name} has not drained:\n${evidence}`) });
    const drainedAfterMs = performance.now() - lastFaultAtMs;
    say(`${name}: drained in ${(drainedAfterMs / 1_000).toFixed(1)} s`);
    for (const one of group.cases) await one.atEnd?.(world).catch((error: unknown) => cases.set(one.name, error as Error));
    return [{ name, cases, evidence: await evidenceOf(world, client.accepted.values(), { drainedAfterMs, mayAudit }) }];
  } finally {
    await world.stop();
  }
}

async function attempt(world: ChaosWorld, client: ClientLog, one: DirectedCase): Promise<CaseRun | Error> {
  const startedAtMs = performance.now();
  try {
    return { ...(await one.run(world, client)), tookMs: performance.now() - startedAtMs };
  } catch (error) {
    return error as Error;
  }
}

async function runDirected(run: Run): Promise<GroupRun[]> {
  const scratch = smallScratch();
  if (!scratch) run.say?.(`${FULL_DISK_CASE.name}: left out, this user may not mount a small disk`);
  const cases = [...DIRECTED_CASES, ...(scratch ? [FULL_DISK_CASE] : [])];
  const world = { heartbeatSeconds: 5, ...(scratch && { scratch: scratch.path }) };
  try {
    return await runGroup({ name: DIRECTED, cases, world, mayAudit: true }, run);
  } finally {
    scratch?.remove();
  }
}

/** On a broker of their own. */
async function runLongStages(run: Run): Promise<GroupRun[]> {
  const rabbitmq = await impatientBroker();
  const broker = { amqpUrl: rabbitmq.url, managementUrl: rabbitmq.managementUrl };
  try {
    const groups = LONG_STAGE_CASES.map(
      ([one, env]): CaseGroup => ({ name: LONG, cases: [one], world: { topology: 'single', broker, env } }),
    );
    // The broker goes when both are done with it.
    const settled = await Promise.allSettled(groups.map((group) => runGroup(group, run)));
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
    return settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  } finally {
    await rabbitmq.dispose();
  }
}

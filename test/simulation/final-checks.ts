import type { JobRecord, JobState } from '../../shared/domain/job.ts';
import { committedOutputKeys } from '../../shared/domain/output-key.ts';
import { isMalformed, parseBells } from '../../shared/rabbit/bell-message.ts';
import { deadLetterQueue, SINGLE } from '../../shared/rabbit/topology.ts';
import { checkDeadLetters, type Letter } from '../oracles/dead-letters.ts';
import { checkEffects } from '../oracles/effects.ts';
import { checkFinalState } from '../oracles/final-state.ts';
import type { Violation } from '../oracles/history-observer.ts';
import { type CallFault, LEASE_COSTING, type PlannedJob } from './plan.ts';
import type { SimClient } from './sim-client.ts';
import { UNCLAIMED } from './sim-task-runner.ts';
import { PIPELINES } from './sim-types.ts';
import type { SimWorld } from './sim-world.ts';

/** Messages that stage queues hold: ready, or with a consumer. */
export function bellsLeft({ broker }: SimWorld): number {
  const stageQueues = broker.names().filter((name) => !isDeadLetterQueue(name));
  return stageQueues.reduce((sum, name) => sum + broker.ready(name).length + broker.unackedCount(name), 0);
}

/** Those of the stages, and of the queues that all stages share. */
const DEAD_LETTER_QUEUES = new Set([...PIPELINES.stageNames(), SINGLE].map(deadLetterQueue));
const isDeadLetterQueue = (name: string): boolean => DEAD_LETTER_QUEUES.has(name);

/** What is wrong with the dead-letter queues. */
export function deadLetterProblems({ broker, database, malformed, plan }: SimWorld): readonly Violation[] {
  const all = broker
    .names()
    .filter(isDeadLetterQueue)
    .flatMap((queue) => broker.ready(queue).flatMap(({ envelope }) => lettersOf(envelope.content)));
  const bodies = new Set(all.flatMap((letter) => ('unreadable' in letter ? letter.unreadable : [])));
  // One that nobody can read may be put there twice; and what somebody purged is gone.
  const letters: Letter[] = [...all.filter((letter) => !('unreadable' in letter)), ...[...bodies].map((unreadable) => ({ unreadable }))];
  const isPurged = plan.timed.some(({ kind }) => kind.startsWith('purge'));
  const sent = [...new Set(malformed)];
  return checkDeadLetters({
    letters,
    records: database.jobs.records,
    unreadable: isPurged ? sent.filter((body) => bodies.has(body)) : sent,
  });
}

function lettersOf(content: Buffer): readonly Letter[] {
  const parsed = parseBells(content);
  return isMalformed(parsed) ? [{ unreadable: content.toString() }] : parsed.bells.map(({ id, gen }) => ({ stage: parsed.stage, id, gen }));
}

const LATE_EFFECT = 'effects: none later than an end and the lease';

/** All that the oracles say once everything is at rest. */
export async function finalProblems(world: SimWorld, client: SimClient): Promise<readonly Violation[]> {
  const { database, plan, effects, observer, transitions, events } = world;
  const { records } = database.jobs;
  const planned = new Map(plan.jobs.map((job) => [job.name, job]));
  const named = (name: string | undefined) => (name === undefined ? undefined : planned.get(name));
  const final = checkFinalState({
    accepted: client.accepted.keys(),
    records,
    // A client that got no answer may have a job all the same.
    mayExist: () => true,
    expected: (record) => statesOf(world, named(record.reqHash)),
    stagesOf: ({ type }) => PIPELINES.typeOf(type).stages.length,
  });
  const typesOf = new Map(records.map(({ id, type }) => [id, type]));
  // Without a lease nobody tells such a handler that its job has ended: it may run twice, so it may run late.
  const isNoFusedLateEffect = ({ rule, jobId }: Violation) => !(rule === LATE_EFFECT && typesOf.get(jobId) === 'fused');
  const outside = checkEffects({
    effects,
    jobs: observer.jobs,
    leaseMs: plan.leaseMs + (mayWorkLate(world) ? 600_000 : 0),
    mayRunUnclaimed: (effect) => effect.claim === undefined && typesOf.get(effect.jobId) === 'fused',
  });
  const problems: Violation[] = [...final.violations, ...outside.violations.filter(isNoFusedLateEffect)];
  const report = (rule: string, jobId: string, detail: string) => problems.push({ rule, jobId, detail });
  for (const record of records) {
    const { id, evt, log } = record;
    if (evt && !events.has(`${id}:${evt.seq}`)) report('events: the end of a job is told', id, `event ${evt.seq}`);
    if (client.canceled.has(id) && !log.some(({ event }) => event === 'canceled'))
      report('a confirmed cancellation is not lost', id, record.state);
    if (client.replayed.has(id) && !log.some(({ event }) => event === 'replayed'))
      report('a confirmed replay is not lost', id, record.state);
    if (client.undone.has(id) && !log.some(({ event }) => event === 'replay_undone'))
      report('a confirmed undo is not lost', id, record.state);
    if (record.err?.code === 'crash_loop' && mustBeInnocent(world, named(record.reqHash)))
      report('crashes: a job is not given up for what its neighbours did', id, `${record.crashes} crashes`);
    for (const { claim } of record.results)
      if (world.discarded.has(`${id}/${claim}`)) report('fenced: what was discarded is not committed', id, claim);
    for (const [rule, detail] of await outputProblems(world, record)) report(rule, id, detail);
  }
  const audits = transitions.get('audit') ?? 0;
  if (audits > 0 && plan.mode !== 'lossy') report('audit: finds nothing where the broker loses nothing', '', `${audits} re-arms`);
  const missing = transitions.get('owe_dead') ?? 0;
  if (missing > 0 && plan.mode !== 'lossy' && !plan.timed.some(({ kind }) => MOVES_LETTERS.has(kind)))
    report('janitor: finds no letter missing where none was lost', '', `${missing} letters`);
  return problems;
}

/** Timed faults by which letters go. */
const MOVES_LETTERS: ReadonlySet<string> = new Set(['purge_dead_letters', 'move_letter']);

/** Timed faults that may cost a worker its leases. */
const LOSES_LEASES: ReadonlySet<string> = new Set(['crash', 'freeze', 'store_away', 'fail_over']);

/** A job that kills no worker, in a schedule in which nothing but handlers does. */
function mustBeInnocent({ plan }: SimWorld, job: PlannedJob | undefined): boolean {
  const { rates, timed, atCalls } = plan;
  const isHarmless = (fault: CallFault) => !fault.crash && !fault.freezeMs && Math.max(fault.slowMs ?? 0, fault.lateMs ?? 0) < 1_000;
  const isSparing =
    !timed.some(({ kind }) => LOSES_LEASES.has(kind)) &&
    (!rates || LEASE_COSTING.every((name) => rates[name] === 0)) &&
    Object.values(atCalls ?? {}).every(isHarmless);
  const behaviours = job?.script.flat() ?? [];
  return isSparing && job !== undefined && !plan.jobs.some(freezes) && !behaviours.some(({ kind }) => kind.endsWith('crash'));
}

const freezes = ({ script }: PlannedJob): boolean => script.flat().some(({ freezeMs }) => freezeMs !== undefined);

/** What is visible of a job is what its committed claims have produced, all of it and nothing else. */
async function outputProblems({ database, produced }: SimWorld, record: JobRecord): Promise<readonly (readonly [string, string])[]> {
  const outputs = await database.outputs.readOutputs(committedOutputKeys(record));
  const problems: (readonly [string, string])[] = [];
  for (const { stage, claim } of record.results) {
    const output = outputs.find((one) => one.stage === stage);
    if (!output && produced.has(`${record.id}/${stage}/${claim}`))
      problems.push(['outputs of committed claims are there', `stage ${stage}`]);
    const maker = output?.summary?.['maker'] ?? output?.files[0]?.name;
    if (maker !== undefined && maker !== UNCLAIMED && maker !== claim)
      problems.push(['outputs are those of the committed claim', `stage ${stage}: made by ${maker}, committed by ${claim}`]);
  }
  return problems;
}

/** A handler may go on after the end of its job where its process stood still, was answered late, or ignores being stopped. */
function mayWorkLate({ plan }: SimWorld): boolean {
  const isStoppable = plan.jobs.every(({ script }) => script.every((stage) => stage.every(({ ignoresAbort }) => !ignoresAbort)));
  return !isStoppable || plan.rates !== undefined || plan.atCalls !== undefined || plan.timed.length > 0;
}

function statesOf({ plan }: SimWorld, job: PlannedJob | undefined): readonly JobState[] {
  if (!job) return ['COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED'];
  const hasFaults = plan.timed.length > 0 || plan.rates !== undefined || plan.atCalls !== undefined;
  const mayFail = hasFaults || job.script.some((stage) => stage.some(({ kind, ms }) => kind !== 'done' || ms > 50_000));
  return [
    'COMPLETED',
    ...(mayFail || plan.jobs.some(({ script }) => script.some((stage) => stage.some(({ kind }) => kind.endsWith('crash'))))
      ? (['FAILED'] as const)
      : []),
    ...(plan.wishes.some((wish) => wish.kind === 'cancel' && wish.job === job.name) ? (['CANCELED'] as const) : []),
    ...(job.deadlineAfterMs !== undefined ? (['EXPIRED'] as const) : []),
  ];
}

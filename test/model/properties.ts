import type { JobRecord } from '../../shared/domain/job.ts';
import { TERMINAL_STATES } from '../../shared/domain/job.ts';
import type { TransitionName } from '../../shared/domain/transition.ts';
import { MAX_CRASHES } from '../../shared/domain/transitions.ts';
import type { Features } from './slice.ts';
import type { Draft, Message, ModelNote, Ticket, World } from './world.ts';

/** The properties by name, as they stand in docs/model.md. */
export const PROPERTIES = {
  holder: 'only the holder of the claim ends an attempt',
  once: 'one commit a stage and run',
  own: 'a bell starts only the work that it was rung for',
  monotonic: 'gen, epoch, run and stage never go back',
  raised: 'gen is raised whenever work becomes available anew or ends',
  due: 'no start before it is due',
  bounded: 'attempts and crashes are bounded',
  request: 'an ended job is left only by a request',
  claims: 'a claim and a lease exist exactly while RUNNING',
  held: 'an active job has a bell owed, a bell under way, or a lease',
  giveUp: 'no holder takes itself for fenced',
  counted: 'a worker killed by a job that had killed one before is counted',
  innocent: 'no neighbour drives a job to crash_loop',
  single: 'one holder a claim',
  told: 'an event tells only an end that is durable',
  owed: 'an end that is not told is owed',
  kept: 'a job that runs again has its payload',
  places: 'no more at work than the limit has places',
  durableAck: 'a replay by a moved letter is not forgotten',
} as const;

export type Change = { readonly before: JobRecord; readonly after: JobRecord; readonly name: TransitionName; readonly by?: Ticket };

const say = (property: string, detail: string): string => `${property}: ${detail}`;
const isEnded = ({ state }: JobRecord): boolean => TERMINAL_STATES.includes(state);
const ENDS: ReadonlySet<TransitionName> = new Set(['commit', 'fail', 'dead', 'release']);
/** A stage's attempts: those of its policy, and one for each crash, which does not use one up. */
const MOST_ATTEMPTS = 2 + MAX_CRASHES;

/** What is wrong with one change of a record. */
export function wrongChange(change: Change): string | undefined {
  return wrongEnd(change) ?? wrongStart(change) ?? wrongCounts(change);
}

function wrongEnd({ before, after, name, by }: Change): string | undefined {
  if (ENDS.has(name) && by && (before.state !== 'RUNNING' || before.claim !== by.claim))
    return say(
      PROPERTIES.holder,
      `${name} by ${by.claim ?? 'nobody'} of a job that is ${before.state} under ${before.claim ?? 'no claim'}`,
    );
  if (name === 'commit' || name === 'claim_commit') {
    const isTwice = before.results.some((one) => one.stage === before.stage && one.run === before.run);
    if (isTwice) return say(PROPERTIES.once, `stage ${before.stage} is committed again in its run`);
  }
  if (!isEnded(after) && after.removed) return say(PROPERTIES.kept, `${name} of a job whose payload is removed`);
  if (isEnded(before) && !isEnded(after) && name !== 'replay')
    return say(PROPERTIES.request, `${before.state} becomes ${after.state} by ${name}`);
  return undefined;
}

function wrongStart({ before, after, name, by }: Change): string | undefined {
  if (name !== 'claim' && name !== 'claim_commit') return undefined;
  if (before.runAt || before.state === 'RETRY_WAIT' || before.state === 'SCHEDULED')
    return say(PROPERTIES.due, `${name} of a job that has to wait`);
  if (by && (before.gen !== by.gen || before.stage !== by.stage))
    return say(PROPERTIES.own, `a bell of stage ${by.stage}, gen ${by.gen} starts stage ${before.stage}, gen ${before.gen}`);
  return after.attempt > MOST_ATTEMPTS ? say(PROPERTIES.bounded, `attempt ${after.attempt}`) : undefined;
}

function wrongCounts({ before, after, name }: Change): string | undefined {
  const isBack =
    after.gen < before.gen || after.epoch < before.epoch || after.run < before.run || (after.stage < before.stage && name !== 'replay');
  if (isBack) return say(PROPERTIES.monotonic, `${name} takes a number back`);
  const isNews =
    (before.state === 'RUNNING' && after.state !== 'RUNNING') || isEnded(before) !== isEnded(after) || after.stage !== before.stage;
  if (isNews && after.gen <= before.gen) return say(PROPERTIES.raised, `${name} makes ${before.state} ${after.state} at the same gen`);
  if (after.crashes > MAX_CRASHES) return say(PROPERTIES.bounded, `${after.crashes} crashes`);
  return undefined;
}

/** What is wrong with a state. */
export function wrongWorld(world: World, features: Features): string | undefined {
  const isAudited = features.audit === true;
  for (const [job, { job: record }] of world.local.entries()) {
    const wrong = wrongRecord(record) ?? unheld(world, job, record, isAudited, 'it');
    if (wrong !== undefined) return wrong;
    const durable = world.durable[job]!;
    if (durable === world.local[job]) continue;
    const lost = unheld(world, job, durable.job, isAudited, 'what a fail-over leaves of it');
    if (lost !== undefined) return lost;
  }
  return (
    (features.notes && (unowed(world, world.local, world.notes) ?? unowed(world, world.durable, world.durableNotes))) || twoHolders(world)
  );
}

/** A completed job whose event nobody owes. */
function unowed({ told }: World, records: World['local'], notes: readonly ModelNote[]): string | undefined {
  for (const [job, { job: record }] of records.entries()) {
    const { state, evt, gen, results } = record;
    if (state !== 'COMPLETED' || !evt || evt.due !== undefined || told[job]! >= evt.seq) continue;
    if (notes.some((note) => note.job === job && note.gen < gen && note.claim === results.at(-1)?.claim)) continue;
    return say(PROPERTIES.owed, 'neither by its record nor by a note');
  }
  return undefined;
}

function wrongRecord({ state, claim, lease }: JobRecord): string | undefined {
  const isRunning = state === 'RUNNING';
  return isRunning === (claim !== undefined) && isRunning === (lease !== undefined)
    ? undefined
    : say(PROPERTIES.claims, `${state} with ${claim ? 'a' : 'no'} claim and ${lease ? 'a' : 'no'} lease`);
}

/** "Why it holds" of docs/protocol.md. */
function unheld(world: World, job: number, record: JobRecord, isAudited: boolean, subject: string): string | undefined {
  if (!record.active || record.state === 'RUNNING') return undefined;
  const isOwed = record.pub?.due !== undefined && record.pub.to === undefined;
  if (isOwed) return undefined;
  const isIt = (message: Message): boolean =>
    message.stage === record.stage && message.bells.some((bell) => bell.job === job && bell.gen === record.gen);
  const isUnderWay = world.queue.some(isIt) || world.workers.some((tickets) => tickets.some((one) => one.message && isIt(one.message)));
  if (record.state === 'QUEUED' && (isUnderWay || (isAudited && record.pub?.at))) return undefined;
  return say(PROPERTIES.held, `${subject} is ${record.state} at stage ${record.stage}, and no bell will come`);
}

function twoHolders({ workers }: World): string | undefined {
  for (const tickets of workers) {
    const seen = new Set<string>();
    for (const { at, job, claim } of tickets) {
      if (at !== 'held') continue;
      const key = `${job} ${claim}`;
      if (seen.has(key)) return say(PROPERTIES.single, 'two bells of one job run it under one claim');
      seen.add(key);
    }
  }
  return undefined;
}

/** At work: from the start of the handler until its end is written. Who was away and has not looked since is not counted. */
export function checkPlaces(draft: Draft): void {
  const { workers, stranger, limit } = draft;
  const count = workers.flat().filter(({ turn }) => turn === 'sure').length + (stranger === 'sure' ? 1 : 0);
  if (count > limit) draft.broken ??= say(PROPERTIES.places, `${count} at work under a limit of ${limit}`);
}

import type { FormerLetter, JobRecord, LogEntry, OwedBell, StageResult } from '../../shared/domain/job.ts';
import type { MemoryHolder } from '../support/memory-places.ts';
import type { Caller, Draft, EventWork, Letter, Mark, Message, ModelNote, Rec, Ticket, Worker, World } from './world.ts';

/**
 * Names of a world. Only what is compared is kept: claims and tokens that nobody refers to are all one ('x', '-'), numbers
 * that only grow (gen, run, events) count from the durable record, and what lies behind it is all one: it never comes back.
 */
interface Names {
  readonly claims: ReadonlyMap<string, string>;
  readonly tokens: ReadonlyMap<string, string>;
}

/** Where a job's growing numbers begin. */
interface Base {
  readonly gen: number;
  readonly run: number;
  readonly seq: number;
}

const NO_CLAIM = 'x';
/** Names the stranger, and its claim. */
export const STRANGER = 's';
/** Of a note whose commit nobody will make: it waits to be dropped. */
const NO_COMMIT = 'z';
const NO_TOKEN = '-';
/** The generation of everything older than the durable record. */
export const STALE_GEN = 0;
/** The generation of the durable record. */
const DURABLE_GEN = 1;
/** Of a handler that runs since before the generation before the durable record's: what it rings early is stale as well. */
const OLDER_GEN = -1;
const EPOCH_ZERO = new Date(0);

/** Records by their key. */
export type RecordTable = Map<string, Rec>;

export interface CanonicalOptions {
  /** Marks whose token is no record's are kept: needed where a mark may do harm without it. */
  readonly keepsStaleMarks: boolean;
  /**
   * Bells older than the durable record are kept. They can start nothing and end in an acknowledgement: a slice that keeps them
   * checks that, the others leave them out.
   */
  readonly keepsStaleBells: boolean;
}

/** Where a handler has not ended: what it rings early is of the generation after its ticket's. */
const RUNNING: ReadonlySet<Ticket['at']> = new Set(['held', 'suspect', 'fused']);
/** Where a bell that is stale is only acknowledged. */
const HARMLESS: ReadonlySet<Ticket['at']> = new Set(['got', 'miss', 'replaying', 'settling', 'lost']);

/** The canonical form of a changed world: equal behaviour from here on, equal key. */
export function canonical(draft: Draft, table: RecordTable, options: CanonicalOptions): World {
  const bases = draft.durable.map(({ job }) => ({ gen: job.gen - DURABLE_GEN, run: job.run, seq: job.evt?.seq ?? 0 }));
  const orders = ordersOf(draft.workers);
  let best: World | undefined;
  for (const workers of orders) {
    const world = inOrder({ ...draft, workers }, bases, table, options);
    if (!best || world.key < best.key) best = world;
  }
  return best!;
}

/** Workers are alike: one order of them is enough, and where names decide which, both are tried. */
function ordersOf(workers: Worker[]): readonly Worker[][] {
  const [first, second] = workers;
  if (!first || !second || (first.length === 0 && second.length === 0)) return [workers];
  const [a, b] = [namelessKey(first), namelessKey(second)];
  if (a === b) return [workers, [second, first]];
  return a < b ? [workers] : [[second, first]];
}

function namelessKey(tickets: Worker): string {
  return tickets
    .map(
      ({ at, job, stage, gen, message, end, attempt, turn }) =>
        `${at}${job}${stage}${gen}${message ? 'm' : ''}${end ?? ''}${attempt ?? ''}${turn ?? ''}`,
    )
    .join('+');
}

function inOrder(draft: Draft, bases: readonly Base[], table: RecordTable, options: CanonicalOptions): World {
  const { keepsStaleMarks, keepsStaleBells } = options;
  const names = namesOf(draft);
  const rec = (one: Rec, job: number): Rec =>
    isSettled(one, names, bases[job]!) ? one : canonicalRecord(one.job, names, bases[job]!, table);
  const local = draft.local.map(rec);
  const durable = draft.durable.map((one, job) => (one === draft.local[job] ? local[job]! : rec(one, job)));
  const gen = (one: { job: number; gen: number }): number => Math.max(one.gen - bases[one.job]!.gen, STALE_GEN);
  const messageOf = (one: Message): Message =>
    one.bells.every((bell) => gen(bell) === bell.gen)
      ? one
      : { ...one, bells: one.bells.map((bell) => ({ job: bell.job, gen: gen(bell) })) };
  const markOf = (one: Mark): Mark => ({ ...one, gen: gen(one), token: names.tokens.get(one.token) ?? NO_TOKEN });
  const isLive = (one: Mark): boolean => keepsStaleMarks || one.token !== NO_TOKEN;
  const ticketOf = (one: Ticket): Ticket => {
    const claim = one.claim === undefined ? undefined : names.claims.get(one.claim)!;
    const token = one.token === undefined ? undefined : (names.tokens.get(one.token) ?? NO_TOKEN);
    const message = one.message && messageOf(one.message);
    const genIs = RUNNING.has(one.at) ? Math.max(one.gen - bases[one.job]!.gen, OLDER_GEN) : gen(one);
    const seq = one.seq === undefined ? undefined : Math.max(one.seq - bases[one.job]!.seq, -1);
    if (genIs === one.gen && claim === one.claim && token === one.token && message === one.message && seq === one.seq) return one;
    return {
      ...one,
      gen: genIs,
      ...(message && { message }),
      ...(claim !== undefined && { claim }),
      ...(token !== undefined && { token }),
      ...(seq !== undefined && { seq }),
    };
  };
  const isFresh = ({ gen: one }: { gen: number }): boolean => keepsStaleBells || one > STALE_GEN;
  const queue = unique(
    draft.queue.map(messageOf).filter(({ bells }) => bells.some(isFresh)),
    messageKey,
  );
  const letters = unique(draft.letters.map((one: Letter) => ({ ...one, gen: gen(one) })).filter(isFresh), letterKey);
  const workers: Worker[] = draft.workers.map((tickets) => tickets.map(ticketOf).filter((one) => isFresh(one) || !HARMLESS.has(one.at)));
  const marks = unique(draft.marks.map(markOf).filter(isLive), markKey);
  const deadMarks = unique(draft.deadMarks.map(markOf).filter(isLive), markKey);
  const events = unique(
    draft.events.map((one) => ({
      ...one,
      seq: Math.max(one.seq - bases[one.job]!.seq, -1),
      ...(one.note !== undefined && { note: names.claims.get(one.note) ?? NO_COMMIT }),
    })),
    eventKey,
  );
  const placesOf = (holders: readonly MemoryHolder[]): readonly MemoryHolder[] =>
    holders
      .map((one) => (one.claim === undefined ? one : { ...one, claim: names.claims.get(one.claim) ?? NO_CLAIM }))
      .toSorted((a, b) => (placeKey(a) < placeKey(b) ? -1 : 1));
  const places = placesOf(draft.places);
  const apart = draft.places === draft.durablePlaces ? places : placesOf(draft.durablePlaces);
  const durablePlaces = apart.map(placeKey).join(' ') === places.map(placeKey).join(' ') ? places : apart;
  const callers = unique(
    draft.callers.map((one) => (one.at === 'looking' ? LOOKING : { ...one, gen: gen(one) })),
    callerKey,
  );
  const noteOf = (one: ModelNote): ModelNote => ({ ...one, gen: gen(one), claim: names.claims.get(one.claim) ?? NO_COMMIT });
  const notes = unique(draft.notes.map(noteOf), noteKey);
  const durableNotes = draft.durableNotes === draft.notes ? notes : unique(draft.durableNotes.map(noteOf), noteKey);
  const notesKey = notes.map(noteKey).join(' ');
  const durableNotesKey = durableNotes.map(noteKey).join(' ');
  const told = draft.told.map((seq, job) => Math.max(seq - bases[job]!.seq, -1));
  const parts = [
    local.map(({ key }, job) => (durable[job] === local[job] ? key : `${key}~${durable[job]!.key}`)).join(' & '),
    queue.map(messageKey).join(' '),
    letters.map(letterKey).join(' '),
    workers.map((worker) => worker.map(ticketKey).join('+')).join(' | '),
    marks.map(markKey).join(' '),
    deadMarks.map(markKey).join(' '),
    events.map(eventKey).join(' '),
    told.join(','),
    places.map(placeKey).join(' '),
    durablePlaces === places ? '' : durablePlaces.map(placeKey).join(' '),
    callers.map(callerKey).join(' '),
    `${draft.limit}${draft.stranger}`,
    notesKey === durableNotesKey ? notesKey : `${notesKey}~${durableNotesKey}`,
  ];
  const keptNotes = { notes, durableNotes: notesKey === durableNotesKey ? notes : durableNotes };
  const { limit, stranger } = draft;
  const sides = { marks, deadMarks, events, told, places, durablePlaces, callers, limit, stranger, ...keptNotes };
  return { local, durable, queue, letters, workers, ...sides, key: parts.join(';') };
}

function namesOf({ local, durable, workers, marks, deadMarks, stranger, notes, durableNotes, events }: Draft): Names {
  const claims = new Map<string, string>(stranger === 'none' ? [] : [[STRANGER, STRANGER]]);
  const referred = new Set<string>();
  for (const [worker, tickets] of workers.entries()) {
    for (const [index, { claim, token }] of tickets.entries()) {
      if (claim !== undefined && !claims.has(claim)) claims.set(claim, `c${worker}${index}`);
      if (token !== undefined) referred.add(token);
    }
  }
  const committed = new Set([...local, ...durable].map(({ job }) => job.results.at(-1)?.claim));
  const noted = [...notes, ...durableNotes].map(({ claim }) => claim).concat(events.flatMap(({ note }) => note ?? []));
  for (const claim of noted) if (committed.has(claim) && !claims.has(claim)) claims.set(claim, `e${claims.size}`);
  for (const { token } of marks) referred.add(token);
  for (const { token } of deadMarks) referred.add(token);
  const tokens = new Map<string, string>();
  const name = (token: string | undefined): void => {
    if (token !== undefined && token !== NO_TOKEN && referred.has(token) && !tokens.has(token)) tokens.set(token, `t${tokens.size}`);
  };
  for (const { job } of local) name(job.pub?.by);
  for (const { job } of durable) name(job.pub?.by);
  for (const tickets of workers) for (const { token } of tickets) name(token);
  return { claims, tokens };
}

/** True when the record stands under its canonical names already. */
function isSettled({ key, job }: Rec, { claims, tokens }: Names, base: Base): boolean {
  if (job.former !== liveFormer(job)) return false;
  if (key === '' || base.gen !== 0 || base.run !== 0 || base.seq !== 0) return false;
  const isSame = (claim: string | undefined): boolean => claim === undefined || (claims.get(claim) ?? NO_CLAIM) === claim;
  const by = job.pub?.by;
  return (
    isSame(job.claim) &&
    (by === undefined || (tokens.get(by) ?? NO_TOKEN) === by) &&
    job.results.every((one) => isSame(one.claim)) &&
    job.log.every((one) => one.claim !== undefined && claims.get(one.claim) === one.claim)
  );
}

/** Interns a record under its canonical names. */
function canonicalRecord(job: JobRecord, names: Names, base: Base, table: RecordTable): Rec {
  const claimOf = (claim: string): string => names.claims.get(claim) ?? NO_CLAIM;
  const claim = job.claim === undefined ? undefined : claimOf(job.claim);
  const { due, at, to, by, for: waitsFor } = job.pub ?? {};
  const token = by === undefined ? undefined : (names.tokens.get(by) ?? NO_TOKEN);
  const results = job.results.filter((one) => one.run >= base.run);
  // Evidence is looked for by those who hold the claim; nobody else reads it.
  const log = job.log.filter((one) => one.claim !== undefined && names.claims.has(one.claim));
  const former = liveFormer(job);
  const formerResults = former?.results.filter((one) => one.run >= base.run) ?? [];
  const key = [
    `${job.state} ${job.stage} r${job.run - base.run} g${job.gen - base.gen} a${job.attempt} k${job.crashes}`,
    claim === undefined ? '' : `c:${claim}`,
    job.lease ? `l${job.lease.until.getTime()}` : '',
    job.pub ? `p${due?.getTime() ?? ''},${at ? 'at' : ''},${to ?? ''},${token ?? ''}${waitsFor === undefined ? '' : ',for'}` : '',
    results.map((one) => `${one.stage}.${one.run - base.run}${claimOf(one.claim)}`).join('+'),
    log.map((one) => `${one.event}${claimOf(one.claim!)}`).join('+'),
    job.evt ? `e${job.evt.seq - base.seq},${job.evt.due?.getTime() ?? ''}` : '',
    job.deadlineAt ? `d${job.deadlineAt.getTime()}` : '',
    job.runAt ? 'w' : '',
    job.active ? '' : 'ended',
    former
      ? `f${former.stage} a${former.attempt} k${former.crashes} ${formerResults.map(({ stage, run }) => `${stage}.${run - base.run}`).join('+')}`
      : '',
    job.removed?.payload ? 'removed' : '',
  ].join('/');
  const known = table.get(key);
  if (known) return known;
  const pub: OwedBell = {
    ...(due && { due }),
    ...(at && { at: EPOCH_ZERO }),
    ...(to && { to }),
    ...(token !== undefined && { by: token }),
    ...(waitsFor !== undefined && { for: waitsFor }),
  };
  const made: Rec = {
    key,
    job: {
      ...constantsOf(job),
      run: job.run - base.run,
      gen: job.gen - base.gen,
      epoch: 0,
      ...(claim !== undefined && { claim }),
      ...(job.lease && { lease: job.lease }),
      ...(job.pub && { pub }),
      results: results.map((one) => resultOf(one, claimOf(one.claim), base)),
      log: log.map((one): LogEntry => ({ at: EPOCH_ZERO, event: one.event, stage: 0, attempt: 0, run: 0, claim: claimOf(one.claim!) })),
      ...(job.evt && { evt: { seq: job.evt.seq - base.seq, ...(job.evt.due && { due: job.evt.due }) } }),
      ...(job.deadlineAt && { deadlineAt: job.deadlineAt }),
      ...(job.runAt && { runAt: job.runAt }),
      ...(job.active && { active: true }),
      ...(former && {
        former: { ...former, gen: former.gen - base.gen, results: formerResults.map((one) => resultOf(one, NO_CLAIM, base)) },
      }),
      ...(job.removed?.payload && { removed: { payload: EPOCH_ZERO } }),
    },
  };
  table.set(key, made);
  return made;
}

function resultOf({ stage, run }: StageResult, claim: string, base: Base): StageResult {
  return { stage, run: run - base.run, epoch: 0, claim, at: EPOCH_ZERO };
}

/** What a later generation has left behind means nothing. */
function liveFormer({ gen, former }: JobRecord): FormerLetter | undefined {
  return former?.gen === gen - 1 ? former : undefined;
}

function constantsOf({ id, tenant, reqHash, type, pipelineVersion, lane, state, stage, attempt, crashes, schemaVersion }: JobRecord) {
  const createdAt = EPOCH_ZERO;
  return { id, tenant, reqHash, type, pipelineVersion, lane, state, stage, attempt, crashes, schemaVersion, createdAt };
}

function unique<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  if (items.length < 2) return [...items];
  const byKey = new Map(items.map((item) => [keyOf(item), item]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

const messageKeys = new WeakMap<Message, string>();
const ticketKeys = new WeakMap<Ticket, string>();

export function messageKey(message: Message): string {
  const known = messageKeys.get(message);
  if (known !== undefined) return known;
  const key = makeMessageKey(message);
  messageKeys.set(message, key);
  return key;
}

function makeMessageKey({ stage, bells, isRedelivered, isByHand }: Message): string {
  return `m${stage}[${bells.map(({ job, gen }) => `${job}.${gen}`).join(',')}]${isRedelivered ? 'r' : ''}${isByHand ? 'h' : ''}`;
}

function letterKey({ job, stage, gen }: Letter): string {
  return `${job}.${stage}.${gen}`;
}

function markKey({ job, gen, token }: Mark): string {
  return `${job}.${gen}${token}`;
}

/** Whoever looks has nothing yet. */
const LOOKING: Caller = { at: 'looking', job: 0, gen: STALE_GEN };

function callerKey({ at, job, gen }: Caller): string {
  return `${at}${job}.${gen}`;
}

function placeKey({ jobId, claim, untilMs }: MemoryHolder): string {
  return `${jobId}${claim ?? 'kept'}${untilMs > 0 ? '' : '!'}`;
}

function eventKey({ job, seq, at, by, note = '' }: EventWork): string {
  return `${job}.${seq}${at}${by ?? ''}${note}`;
}

function noteKey({ job, gen, claim }: ModelNote): string {
  return `${job}.${gen}${claim}`;
}

function ticketKey(ticket: Ticket): string {
  const known = ticketKeys.get(ticket);
  if (known !== undefined) return known;
  const key = makeTicketKey(ticket);
  ticketKeys.set(ticket, key);
  return key;
}

function makeTicketKey(one: Ticket): string {
  const flags = `${one.isByHand ? 'h' : ''}${one.isRedelivered ? 'r' : ''}${one.isSuspect ? 's' : ''}${one.isAlone ? 'a' : ''}${one.isNoted ? 'n' : ''}`;
  const message = one.message ? messageKey(one.message) : '';
  return `${one.at}${one.job}.${one.stage}.${one.gen}${flags}${message}${one.claim ?? ''}${one.attempt ?? ''}${one.end ?? ''}${one.token ?? ''}${one.early ?? ''}${one.turn ?? ''}#${one.seq ?? ''}`;
}

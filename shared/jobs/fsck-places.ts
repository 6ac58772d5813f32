import { type Limit, turnNameOf, turnsOf } from '../domain/control/limit.ts';
import type { JobRecord } from '../domain/job.ts';
import { rearm } from '../domain/transitions.ts';
import type { PlaceHolder, PlacesOfLimit } from '../ports/limit-places.ts';
import { FSCK_PAGE, type FsckDeps, type FsckOptions } from './fsck-deps.ts';
import type { FsckFindings } from './fsck-findings.ts';

/** No worker takes a place for longer: four thirds of the longest lease. */
const LONGEST_PLACE_MS = 800_000;
/** A handler that is told to stop has ended by then. */
const STOPPED_WITHIN_MS = 60_000;
/** Limits that jobs wait for and that one run looks at. */
const MOST_NAMES = 1_000;

/** A place whose holder does not hold its job. */
interface OddPlace {
  readonly rule: 'place_stuck' | 'place_kept_on';
  readonly name: string;
  readonly holder: PlaceHolder;
  readonly detail: string;
}

/** What one look at the places of limits has seen. */
export interface PlacesLook {
  /** By limit and holder. */
  readonly odd: ReadonlyMap<string, OddPlace>;
  /** By limit: who should have been called to it. */
  readonly uncalled: ReadonlyMap<string, { readonly record: JobRecord; readonly detail: string }>;
  /** Limits with more holders than places. */
  readonly crowded: ReadonlyMap<string, string>;
  readonly isCut: boolean;
}

type PlacesDeps = FsckDeps & Required<Pick<FsckDeps, 'turns' | 'control'>>;

const NOTHING: PlacesLook = { odd: new Map(), uncalled: new Map(), crowded: new Map(), isCut: false };

/** Compares the places of limits with the jobs that hold them and that wait for them. */
export async function lookAtPlaces(deps: FsckDeps, { signal }: FsckOptions): Promise<PlacesLook> {
  const { turns, control } = deps;
  if (!turns || !control) return NOTHING;
  const { limits } = await control.controls.read();
  const odd = new Map<string, OddPlace>();
  const crowded = new Map<string, string>();
  for (let after: string | undefined; ; ) {
    signal.throwIfAborted();
    const page = await turns.places.scan(FSCK_PAGE, after);
    for (const one of await oddPlaces(deps, page)) odd.set(keyOf(one), one);
    for (const one of page) {
      const detail = crowdOf(one, limits);
      if (detail !== undefined) crowded.set(one.name, detail);
    }
    if (page.length < FSCK_PAGE) break;
    after = page.at(-1)!.name;
  }
  return { odd, crowded, ...(await uncalledJobs({ ...deps, turns, control }, limits, signal)) };
}

/** Whether what the first look has seen is so at a second one, and mends it. */
export async function judgePlaces(deps: FsckDeps, options: FsckOptions, first: PlacesLook, found: FsckFindings): Promise<void> {
  if (first.isCut) found.unchecked.push(`limits that jobs wait for: there are more than ${MOST_NAMES.toLocaleString('en-US')}`);
  if (first.odd.size + first.uncalled.size + first.crowded.size === 0) return;
  const second = await lookAtPlaces(deps, options);
  for (const [key, before] of first.odd) {
    const now = second.odd.get(key);
    if (now && now.rule === before.rule) await judgeOdd(deps, options, { before, now }, found);
  }
  for (const [name, { record, detail }] of second.uncalled) {
    const before = first.uncalled.get(name)?.record;
    if (before?.id !== record.id || before.gen !== record.gen) continue;
    const isMended = options.repair && (await deps.store.apply([record.id], rearm(record.gen, deps.clock.uuid()))) === 1;
    const finding = { category: 'lost', rule: 'turn_uncalled', level: 'error', jobId: record.id, detail } as const;
    found.add({ ...finding, ...(isMended && { repaired: 'rearm' }) });
  }
  for (const [name, detail] of second.crowded) if (first.crowded.has(name)) found.notes.push(detail);
}

/** A place that nobody renews is given back; one that somebody renews is his: his handler may be at work. */
async function judgeOdd(
  { turns }: FsckDeps,
  { repair }: FsckOptions,
  { before, now }: { readonly before: OddPlace; readonly now: OddPlace },
  found: FsckFindings,
): Promise<void> {
  const { rule, name, holder, detail } = now;
  const isRenewed = holder.until > before.holder.until;
  if (isRenewed !== (rule === 'place_kept_on')) return;
  const finding = { category: 'zombie', rule, jobId: holder.jobId, detail } as const;
  if (rule === 'place_kept_on') return found.add({ ...finding, level: 'warning' });
  const isMended = repair && (await turns!.places.drop(name, holder));
  found.add({ ...finding, level: 'error', ...(isMended && { repaired: 'dropped' }) });
}

const keyOf = ({ name, holder: { jobId, claim } }: OddPlace): string => `${name} ${jobId} ${claim ?? ''}`;

async function oddPlaces({ store }: FsckDeps, page: readonly PlacesOfLimit[]): Promise<readonly OddPlace[]> {
  const ids = [...new Set(page.flatMap(({ holders }) => holders.map(({ jobId }) => jobId)))];
  if (ids.length === 0) return [];
  const records = new Map((await store.read(ids, 'majority')).map((record) => [record.id, record]));
  const nowMs = (await store.serverTime()).getTime();
  return page.flatMap(({ name, holders }) => holders.flatMap((holder) => oddPlace(name, holder, records.get(holder.jobId), nowMs) ?? []));
}

function oddPlace(name: string, holder: PlaceHolder, record: JobRecord | undefined, nowMs: number): OddPlace | undefined {
  const { claim, until } = holder;
  if (claim !== undefined && record?.state === 'RUNNING' && record.claim === claim) return undefined;
  const whose = claim === undefined ? 'is kept for a job' : `is had by claim ${claim}, which does not hold its job`;
  const state = record ? record.state : 'gone';
  if (until.getTime() > nowMs + LONGEST_PLACE_MS) {
    const detail = `a place of ${name} ${whose} (${state}) until ${until.toISOString()}, later than any worker takes one for`;
    return { rule: 'place_stuck', name, holder, detail };
  }
  if (claim === undefined || (record && leftAtMs(record) > nowMs - STOPPED_WITHIN_MS)) return undefined;
  return {
    rule: 'place_kept_on',
    name,
    holder,
    detail: `a place of ${name} ${whose} (${state}), and is renewed: its handler does not stop`,
  };
}

/** When whoever held the record last has lost it, at the latest. */
function leftAtMs({ doneAt, log, results, createdAt }: JobRecord): number {
  return Math.max(...[doneAt, log.at(-1)?.at, results.at(-1)?.at, createdAt].map((at) => at?.getTime() ?? 0));
}

/** Limits of operators alone: jobs of one key may have brought limits that differ. */
function crowdOf({ name, holders }: PlacesOfLimit, limits: readonly Limit[]): string | undefined {
  const set = limits.find(({ selector }) => name === turnNameOf(selector));
  const taken = holders.filter(({ claim }) => claim !== undefined).length;
  if (set?.concurrency === undefined || taken <= set.concurrency) return undefined;
  return `${taken} jobs have places of ${name}, which has ${set.concurrency}: it was lowered while they ran, or set anew`;
}

/** Jobs that come next, and for which a place is free, or the limit is no more. */
async function uncalledJobs(
  { turns: { places, waiting } }: PlacesDeps,
  limits: readonly Limit[],
  signal: AbortSignal,
): Promise<Pick<PlacesLook, 'uncalled' | 'isCut'>> {
  const uncalled = new Map<string, { readonly record: JobRecord; readonly detail: string }>();
  const names = await waiting.names(MOST_NAMES + 1);
  for (const name of names.slice(0, MOST_NAMES)) {
    signal.throwIfAborted();
    const { taken, keptFor } = await places.look(name);
    const record = await waiting.next(name, keptFor);
    if (!record) continue;
    const all = turnsOf(record, limits).find((one) => one.name === name)?.places;
    if (all !== undefined && taken >= all) continue;
    const why = all === undefined ? 'which is no more' : `of whose ${all} places ${taken} are taken`;
    uncalled.set(name, { record, detail: `waits for ${name}, ${why}: nobody calls it` });
  }
  return { uncalled, isCut: names.length > MOST_NAMES };
}

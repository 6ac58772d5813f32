import type { JobRecord, Lane } from '../job.ts';
import { Durations, quantile } from './durations.ts';

type Ended = Pick<JobRecord, 'type' | 'lane' | 'state' | 'createdAt' | 'runAt' | 'results'>;

/** How long a stage of a type took, of completed jobs: rising, at most 100 values. */
export interface StageDurations {
  readonly type: string;
  readonly stage: number;
  readonly ms: readonly number[];
}

/** Values that are kept of a stage: its percentiles. */
const KEPT = 100;
/** So many jobs tell how long those to come will take. */
const ENOUGH = 5;
const NONE = new Durations([]);
const serviceKey = (type: string, stage: number) => `${stage} ${type}`;
const waitKey = (lane: Lane, stage: number) => `${stage} ${lane}`;

function add(lists: Map<string, number[]>, key: string, ms: number): void {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  list.push(Math.max(ms, 0));
}

const frozen = (lists: ReadonlyMap<string, readonly number[]>) => new Map([...lists].map(([key, list]) => [key, new Durations(list)]));

/** How long each stage of each type took, for use when none of these jobs is there any more. */
export function stageDurationsOf(jobs: readonly Ended[]): readonly StageDurations[] {
  const places = new Map<string, { readonly type: string; readonly stage: number; readonly ms: number[] }>();
  for (const { type, state, results } of jobs)
    for (const { stage, startedAt, at } of state === 'COMPLETED' ? results : []) {
      const place = places.get(serviceKey(type, stage)) ?? { type, stage, ms: [] };
      if (startedAt) place.ms.push(Math.max(at.getTime() - startedAt.getTime(), 0));
      places.set(serviceKey(type, stage), place);
    }
  return [...places.values()].filter(({ ms }) => ms.length > 0).map(({ type, stage, ms }) => ({ type, stage, ms: percentiles(ms) }));
}

function percentiles(ms: readonly number[]): readonly number[] {
  const sorted = ms.toSorted((a, b) => a - b);
  if (sorted.length <= KEPT) return sorted;
  return Array.from({ length: KEPT }, (_, index) => quantile(sorted, (index + 0.5) / KEPT)!);
}

/** How long completed jobs waited for each stage and lane, and how long each stage of each type took. */
export class StageHistory {
  readonly #services: ReadonlyMap<string, Durations>;
  readonly #waits: ReadonlyMap<string, Durations>;

  readonly #before: ReadonlyMap<string, Durations>;

  /** @param before what stages of which these jobs tell nothing took. */
  constructor(jobs: readonly Ended[], before: readonly StageDurations[] = []) {
    this.#before = new Map(before.map(({ type, stage, ms }) => [serviceKey(type, stage), new Durations(ms)]));
    const [services, waits] = [new Map<string, number[]>(), new Map<string, number[]>()];
    for (const { type, lane, state, createdAt, runAt, results } of jobs) {
      if (state !== 'COMPLETED') continue;
      for (const [index, { stage, run, startedAt, at }] of results.entries()) {
        if (!startedAt) continue;
        add(services, serviceKey(type, stage), at.getTime() - startedAt.getTime());
        const before = results[index - 1];
        const from = before?.at ?? (runAt && runAt > createdAt ? runAt : createdAt);
        // After a replay the time before it would count as a wait.
        if (run === (before?.run ?? 0)) add(waits, waitKey(lane, stage), startedAt.getTime() - from.getTime());
      }
    }
    this.#services = frozen(services);
    this.#waits = frozen(waits);
  }

  service(type: string, stage: number): Durations {
    const key = serviceKey(type, stage);
    return this.#services.get(key) ?? this.#before.get(key) ?? NONE;
  }

  /** How long nine of ten jobs of a type take in all its stages; undefined where one stage has few that tell of it. */
  p90Of(type: string, stages: number): number | undefined {
    const services = Array.from({ length: stages }, (_, stage) => this.service(type, stage));
    const spreads = services.map((service) => (service.count < ENOUGH ? undefined : service.spread()));
    if (spreads.some((spread) => spread === undefined)) return undefined;
    const p50Ms = spreads.reduce((sum, spread) => sum + spread!.p50Ms, 0);
    const spread2 = spreads.reduce((sum, spread) => sum + (spread!.p90Ms - spread!.p50Ms) ** 2, 0);
    return p50Ms + Math.sqrt(spread2);
  }

  waits(lane: Lane, stage: number): Durations {
    return this.#waits.get(waitKey(lane, stage)) ?? NONE;
  }
}

import type { JobRecord } from '../job.ts';

/** What a limit is for: a tenant's jobs, those of one concurrency key of a tenant, or the handlers of a stage. */
export interface LimitSelector {
  readonly tenant?: string;
  /** Concurrency key; with `tenant`. */
  readonly key?: string;
  /** Name of a stage; by itself. */
  readonly stage?: string;
}

/** That no more than so many run at once, by whom, and why. */
export interface Limit {
  /** Of its selector: one limit for the same jobs takes the place of another. */
  readonly id: string;
  readonly selector: LimitSelector;
  /** Jobs at once over all workers, from 1; of a stage: isolated handlers at once in each worker process, from 1. */
  readonly concurrency?: number;
  /** Of a tenant or key: starts of its jobs a second over all workers. Of a stage: isolated handlers that begin a second in each worker process. */
  readonly startsPerSecond?: number;
  readonly reason: string;
  readonly by: string;
  readonly createdAt: Date;
}

/** A limit that a job runs under: it needs one of the places of this name, a start of its rate, or both. */
export interface Turn {
  /** `key:<tenant>/<key>` or `tenant:<tenant>`. */
  readonly name: string;
  /** How many places there are; absent: as many as are wanted. */
  readonly places?: number;
  /** Absent: as many as can. */
  readonly startsPerSecond?: number;
}

/** The id of the limit for a selector, e.g. `tenant=acme,key=orders`. */
export function limitIdOf({ stage, tenant, key }: LimitSelector): string {
  const named = Object.entries({ stage, tenant, key }).filter(([, value]) => value !== undefined);
  return named.map(([name, value]) => `${name}=${value}`).join(',');
}

/** The name of the places that the limit for a tenant or its key has. */
export function turnNameOf({ tenant, key }: Pick<LimitSelector, 'tenant' | 'key'>): string {
  return key === undefined ? `tenant:${tenant}` : `key:${tenant}/${key}`;
}

type Limited = Pick<JobRecord, 'tenant' | 'concurrency'>;

/** What a job needs a place or a start of, in the order in which they are taken; none: it is not limited. */
export function turnsOf({ tenant, concurrency }: Limited, limits: readonly Limit[]): readonly Turn[] {
  if (!concurrency && limits.length === 0) return [];
  const of = (wanted: LimitSelector) => limits.find(({ id }) => id === limitIdOf(wanted));
  const ofTenant = turnOf(turnNameOf({ tenant }), of({ tenant }));
  if (!concurrency) return ofTenant;
  const { key, limit } = concurrency;
  const ofKey = of({ tenant, key });
  return [...turnOf(turnNameOf({ tenant, key }), { ...ofKey, concurrency: ofKey?.concurrency ?? limit }), ...ofTenant];
}

function turnOf(name: string, limit: Pick<Limit, 'concurrency' | 'startsPerSecond'> | undefined): readonly Turn[] {
  if (!limit) return [];
  const { concurrency: places, startsPerSecond } = limit;
  return [{ name, ...(places !== undefined && { places }), ...(startsPerSecond !== undefined && { startsPerSecond }) }];
}

const RATE_REACHED = 'As many as may start in a second have started: ';

/** Why a job has to wait for a start, for its log. @param name of its turn. */
export function rateReached(name: string, startsPerSecond: number): string {
  const [kind, whose] = [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)];
  return `${RATE_REACHED}${startsPerSecond} of ${kind} ${whose}.`;
}

/** Whether that is what a job's log says. */
export function isRateReached(message: string | undefined): boolean {
  return message?.startsWith(RATE_REACHED) === true;
}

/** What a worker process of some stages keeps to; undefined: no limit. */
export interface StageLimits {
  readonly concurrency: number | undefined;
  readonly startsPerSecond: number | undefined;
}

/** The limits of a worker process of these stages: the lowest of each kind. */
export function stageLimits(limits: readonly Limit[], stages: readonly string[]): StageLimits {
  const own = limits.filter(({ selector }) => selector.stage !== undefined && stages.includes(selector.stage));
  const lowest = (kind: keyof StageLimits): number | undefined => {
    const set = own.flatMap((limit) => limit[kind] ?? []);
    return set.length === 0 ? undefined : Math.min(...set);
  };
  return { concurrency: lowest('concurrency'), startsPerSecond: lowest('startsPerSecond') };
}

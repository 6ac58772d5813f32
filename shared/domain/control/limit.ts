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
  /** Of a stage: isolated handlers that begin a second in each worker process. */
  readonly startsPerSecond?: number;
  readonly reason: string;
  readonly by: string;
  readonly createdAt: Date;
}

/** A limit that a job runs under: it needs one of the places of this name. */
export interface Turn {
  /** `key:<tenant>/<key>` or `tenant:<tenant>`. */
  readonly name: string;
  /** How many places there are. */
  readonly places: number;
}

/** The id of the limit for a selector, e.g. `tenant=acme,key=orders`. */
export function limitIdOf({ stage, tenant, key }: LimitSelector): string {
  const named = Object.entries({ stage, tenant, key }).filter(([, value]) => value !== undefined);
  return named.map(([name, value]) => `${name}=${value}`).join(',');
}

type Limited = Pick<JobRecord, 'tenant' | 'concurrency'>;

/** What a job needs a place of, in the order in which places are taken; none: it is not limited. */
export function turnsOf({ tenant, concurrency }: Limited, limits: readonly Limit[]): readonly Turn[] {
  if (!concurrency && limits.length === 0) return [];
  const of = (wanted: LimitSelector) => limits.find(({ id }) => id === limitIdOf(wanted))?.concurrency;
  const ofTenant = of({ tenant });
  const ofKey = concurrency && (of({ tenant, key: concurrency.key }) ?? concurrency.limit);
  return [
    ...(concurrency && ofKey !== undefined ? [{ name: `key:${tenant}/${concurrency.key}`, places: ofKey }] : []),
    ...(ofTenant !== undefined ? [{ name: `tenant:${tenant}`, places: ofTenant }] : []),
  ];
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

/** `open`: nothing is asked. `half_open`: one job asks, to see whether it is well again. */
export type BreakerState = 'closed' | 'open' | 'half_open';

/** One change between open and closed. */
export interface BreakerChange {
  readonly at: Date;
  readonly to: 'open' | 'closed';
  readonly reason: string;
  /** The operator; absent: by itself. */
  readonly by?: string;
  /** Of a change by hand: when it ends by itself. */
  readonly until?: Date;
}

/** What is known of a dependency: a host that jobs need. A change makes a new one, under the next version. */
export interface Breaker {
  /** Host of the dependency, with its port where that is not the usual one. */
  readonly id: string;
  readonly state: BreakerState;
  /** Since when it is open (half-open included) or closed. */
  readonly since: Date;
  readonly reason: string;
  /** The operator who set it. */
  readonly by?: string;
  /** Of what an operator has set: until when it holds. */
  readonly until?: Date;
  /** Of one that opened by itself: from when on one job may ask. */
  readonly probeAt?: Date;
  /** Who asks, and when that is given up. */
  readonly probe?: { readonly token: string; readonly until: Date };
  /** Probes that have failed since it opened. */
  readonly failedProbes: number;
  /** Within the window that began at `windowFrom`, by those that saw failures. */
  readonly failures: number;
  readonly successes: number;
  readonly windowFrom: Date;
  /** How often it opened by itself. */
  readonly trips: number;
  /** From 1. */
  readonly version: number;
  /** The last 50, the newest last. */
  readonly history: readonly BreakerChange[];
}

/** When a breaker opens, and when it is tried again. */
export interface BreakerSettings {
  /** Failures in one window that open it, where they are at least half of what was asked. */
  readonly failures: number;
  readonly windowMs: number;
  /** Before the first probe; doubled by each that fails, up to `probeMaxMs`. */
  readonly probeMs: number;
  readonly probeMaxMs: number;
}

/** Whether a job may ask now: `probe`, whoever takes the probe may. `until` absent: until an operator closes it. */
export type BreakerStand = { readonly kind: 'pass' | 'probe' } | { readonly kind: 'hold'; readonly until?: Date };

/** What was seen to fail. */
export interface BreakerFailure {
  /** Jobs that waited for the answer. */
  readonly jobs: number;
  /** Jobs whose requests were sent after the first failure of the window that the same process saw, and answered since its last one. */
  readonly successes: number;
  readonly reason: string;
  /** What the dependency asks for. */
  readonly retryAfterMs?: number;
  /** Token of the probe that failed. */
  readonly probe?: string;
}

const KEPT_CHANGES = 50;
const FAILING_SHARE = 0.5;
/** A dependency that asks for more is asked sooner. */
const LONGEST_RETRY_AFTER_MS = 600_000;

/** Whether a job may ask. @param now the store's clock. */
export function standOf(breaker: Breaker | undefined, now: Date): BreakerStand {
  if (!breaker || breaker.state === 'closed') return { kind: 'pass' };
  const next = nextProbeAt(breaker);
  if (!next) return { kind: 'hold' };
  return next <= now ? { kind: 'probe' } : { kind: 'hold', until: next };
}

/** When one that is open is tried again; undefined: when an operator closes it, or it is not open. */
export function nextProbeAt({ state, probe, by, until, probeAt }: Breaker): Date | undefined {
  if (state === 'closed') return undefined;
  if (state === 'half_open') return probe?.until;
  return by === undefined ? probeAt : until;
}

/**
 * Counts a failure, and opens the breaker where it is one too many.
 * @returns the breaker, the same one where nothing is changed; and for how many of the jobs it is to count as an attempt: none once it is open.
 */
export function noteFailure(
  breaker: Breaker | undefined,
  id: string,
  failure: BreakerFailure,
  terms: { readonly settings: BreakerSettings; readonly now: Date },
): { readonly breaker: Breaker; readonly charged: number } {
  const { settings, now } = terms;
  const known = breaker ?? newBreaker(id, now);
  if (known.state !== 'closed') {
    const isOurs = known.state === 'half_open' && known.probe?.token === failure.probe;
    return { breaker: isOurs ? failedProbe(known, failure, terms) : known, charged: 0 };
  }
  if (known.by !== undefined && known.until && known.until > now) return { breaker: known, charged: failure.jobs };
  const isOld = now.getTime() - known.windowFrom.getTime() > settings.windowMs;
  const before = isOld ? { ...known, failures: 0, successes: 0, windowFrom: now } : known;
  const isFirst = before.failures === 0;
  const successes = isFirst ? 0 : before.successes + failure.successes;
  const counted = { ...before, ...(isFirst && { windowFrom: now }), failures: before.failures + failure.jobs, successes };
  const share = counted.failures / (counted.failures + counted.successes);
  if (counted.failures < settings.failures || share < FAILING_SHARE) {
    return { breaker: { ...counted, version: known.version + 1 }, charged: failure.jobs };
  }
  const tripped = {
    ...changed(counted, 'open', { now, reason: failure.reason }),
    trips: known.trips + 1,
    probeAt: new Date(now.getTime() + waitMs(settings, 0, failure.retryAfterMs)),
  };
  return { breaker: tripped, charged: Math.min(failure.jobs, Math.max(0, settings.failures - before.failures)) };
}

/** Takes the probe, where one is due. @param leaseMs when it is given up. @param now the store's clock. */
export function takeProbe(breaker: Breaker, token: string, leaseMs: number, now: Date): Breaker | undefined {
  if (standOf(breaker, now).kind !== 'probe') return undefined;
  const { by: _, until: __, ...rest } = breaker;
  return { ...rest, state: 'half_open', probe: { token, until: new Date(now.getTime() + leaseMs) }, version: breaker.version + 1 };
}

/** Closes it after a probe that was answered; undefined where the probe is another's by now. */
export function probeAnswered(breaker: Breaker, token: string, now: Date): Breaker | undefined {
  if (breaker.state !== 'half_open' || breaker.probe?.token !== token) return undefined;
  return changed(breaker, 'closed', { now, reason: 'A probe was answered.' });
}

/** Gives back a probe that was broken off: another may be taken at once. */
export function probeGivenBack(breaker: Breaker, token: string, now: Date): Breaker | undefined {
  if (breaker.state !== 'half_open' || breaker.probe?.token !== token) return undefined;
  const { probe: _, ...rest } = breaker;
  return { ...rest, state: 'open', probeAt: now, version: breaker.version + 1 };
}

/** What an operator sets: open, until then or until it is closed; or closed, until then whatever fails, or as any other from now on. */
export function setByHand(
  breaker: Breaker | undefined,
  id: string,
  to: BreakerChange['to'],
  how: { readonly now: Date; readonly by: string; readonly reason: string; readonly until?: Date },
): Breaker {
  return changed(breaker ?? newBreaker(id, how.now), to, how);
}

function newBreaker(id: string, now: Date): Breaker {
  const counts = { failures: 0, successes: 0, failedProbes: 0, trips: 0, version: 0 };
  return { id, state: 'closed', since: now, reason: 'Nothing has failed.', windowFrom: now, history: [], ...counts };
}

function failedProbe(breaker: Breaker, { reason, retryAfterMs }: BreakerFailure, terms: { settings: BreakerSettings; now: Date }): Breaker {
  const { probe: _, ...rest } = breaker;
  const failedProbes = breaker.failedProbes + 1;
  const probeAt = new Date(terms.now.getTime() + waitMs(terms.settings, failedProbes, retryAfterMs));
  return { ...rest, state: 'open', reason, failedProbes, probeAt, version: breaker.version + 1 };
}

function waitMs({ probeMs, probeMaxMs }: BreakerSettings, failedProbes: number, retryAfterMs = 0): number {
  return Math.max(Math.min(probeMaxMs, probeMs * 2 ** failedProbes), Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS));
}

function changed(
  breaker: Breaker,
  to: BreakerChange['to'],
  { now, reason, by, until }: { readonly now: Date; readonly reason: string; readonly by?: string; readonly until?: Date },
): Breaker {
  const { id, trips, version, history } = breaker;
  const hand = { ...(by !== undefined && { by }), ...(until && { until }) };
  const counts = { failures: 0, successes: 0, failedProbes: 0, windowFrom: now, trips, version: version + 1 };
  const change: BreakerChange = { at: now, to, reason, ...hand };
  return { id, state: to, since: now, reason, ...hand, ...counts, history: [...history, change].slice(-KEPT_CHANGES) };
}

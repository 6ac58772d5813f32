import type { JobRecord } from '../../shared/domain/job.ts';
import type { JobTypeSpec } from '../../shared/domain/pipeline.ts';
import type { Transition } from '../../shared/domain/transition.ts';
import { RELAY_AGAIN_MS } from '../../shared/domain/transitions.ts';
import { applyUpdate, meetsCondition } from '../support/memory-transition.ts';
import { type CanonicalOptions, canonical, type RecordTable } from './canonical.ts';
import { modelType, type Protocol } from './protocol.ts';
import type { Features } from './slice.ts';
import type { Draft, Rec, World } from './world.ts';

/** The model's moment: what is due lies at or before it, what is not after it. */
const NOW = new Date(0);
const LATER = new Date(1);
/** Later than any bell that somebody has called or taken. */
const FAR = new Date(2);

/** One slice under one protocol: interprets its transitions, and remembers what it has interpreted. */
export class Model {
  readonly features: Features;
  readonly protocol: Protocol;
  readonly type: JobTypeSpec;
  readonly #table: RecordTable = new Map();
  readonly #written = new Map<string, JobRecord | undefined>();
  readonly #options: CanonicalOptions;

  constructor(features: Features, protocol: Protocol) {
    this.features = features;
    this.protocol = protocol;
    this.type = modelType(features.stages);
    this.#options = {
      keepsStaleMarks: features.gatheredMarks === true || protocol.keepsStaleMarks,
      keepsStaleBells: features.staleBells === true,
    };
  }

  canonical(draft: Draft): World {
    return canonical(draft, this.#table, this.#options);
  }

  /**
   * The record after the transition, or undefined where its condition does not hold. Interpreted by the in-memory store's own
   * interpreter, which passes the contract of the real one; once for equal records.
   * @param key names the transition with its values.
   */
  write(rec: Rec, transition: () => Transition, key: string): JobRecord | undefined {
    if (rec.key === '') return this.#interpret(rec.job, transition());
    const whole = `${rec.key}#${key}`;
    if (this.#written.has(whole)) return this.#written.get(whole);
    const after = this.#interpret(rec.job, transition());
    this.#written.set(whole, after);
    return after;
  }

  #interpret(job: JobRecord, original: Transition): JobRecord | undefined {
    const transition = this.protocol.rewrite(original);
    if (!meetsCondition(job, transition.when, NOW)) return undefined;
    const after = abstracted(applyUpdate(job, transition, NOW));
    const { evt, ...rest } = after;
    const all = this.features.events ? after : (rest as JobRecord);
    // A request starts it anew, at once.
    const { runAt: _, ...unbound } = all;
    const startsNow = original.name === 'replay' || (original.name === 'replan' && !isLater(all.pub?.due));
    const kept: JobRecord = all.active && !startsNow ? all : unbound;
    // Not part of the protocol's record: until when it must not start, to check that it does not.
    const waits = (kept.state === 'RETRY_WAIT' || kept.state === 'SCHEDULED') && isLater(kept.pub?.due) && job.state !== kept.state;
    return waits ? { ...kept, runAt: LATER } : kept;
  }
}

export function isLater(at: Date | undefined): boolean {
  return at !== undefined && at > NOW;
}

/** True for a bell that waits to be called: owed later than any that was called or taken already. */
export function isFar(at: Date | undefined): boolean {
  return at !== undefined && at.getTime() === FAR.getTime();
}

export function isDue(at: Date | undefined): boolean {
  return at !== undefined && at <= NOW;
}

/** True when the lease is over. */
export function isOver(at: Date | undefined): boolean {
  return at !== undefined && at < NOW;
}

/** Times become due or later, and what the protocol does not decide by goes. */
function abstracted(job: JobRecord): JobRecord {
  const { startedAt: _s, owner: _o, err: _e, doneAt: _d, expireAt: _x, progress: _p, ...rest } = job;
  const level = (at: Date): Date => (at > NOW ? LATER : NOW);
  const owedLevel = (at: Date): Date =>
    job.pub?.for !== undefined && (isFar(at) || at.getTime() > RELAY_AGAIN_MS + 1_000) ? FAR : level(at);
  return {
    ...rest,
    ...(job.pub && { pub: { ...job.pub, ...(job.pub.due && { due: owedLevel(job.pub.due) }), ...(job.pub.at && { at: NOW }) } }),
    ...(job.lease && { lease: { until: job.lease.until > NOW ? LATER : job.lease.until } }),
    ...(job.evt && { evt: { ...job.evt, ...(job.evt.due && { due: level(job.evt.due) }) } }),
  };
}

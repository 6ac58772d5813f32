import { expect } from 'chai';
import { JOB_PARTS, type JobRecord } from '../../../shared/domain/job.ts';
import type { Transition, TransitionName } from '../../../shared/domain/transition.ts';
import * as to from '../../../shared/domain/transitions.ts';
import { HistoryObserver } from '../../oracles/history-observer.ts';
import { applyUpdate, meetsCondition } from '../../support/memory-transition.ts';
import { LEGAL_INSERT, withFields } from './legal-changes.ts';

const STAGES = 3;
const JOBS = 150;
const STEPS = 120;
const error = { code: 'broken', message: 'It broke.', errorClass: 'retry' } as const;

/** Mulberry32: the same walk each time. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Every transition that the use cases may ask for, given the record as they would have read it. */
function choices(record: JobRecord, unique: () => string, random: () => number): readonly Transition[] {
  const { stage, gen, crashes, attempt, evt, pub } = record;
  const claim = record.claim ?? unique();
  const terms = { claim, token: unique(), retainMs: 60_000, afterMs: Math.floor(random() * 400), error };
  const last = stage === STAGES - 1;
  const isLastCrash = crashes + 1 >= to.MAX_CRASHES;
  return [
    to.mark([pub?.by ?? unique()]),
    to.claim({ stage, gen, claim: unique(), owner: 'w:1', leaseMs: 50 }),
    to.claim({ stage, gen: gen - 1, claim: unique(), owner: 'w:1', leaseMs: 50 }),
    ...(crashes === 0 ? [to.claimCommit({ ...terms, claim: unique(), last, stage, gen, tookMs: 3 })] : []),
    to.heartbeat([claim], 50),
    to.progress(claim, random()),
    to.commit({ ...terms, last, isTold: random() < 0.5 }),
    attempt >= 3 ? to.dead(terms) : to.fail(terms),
    isLastCrash ? to.crashLoop(terms) : to.leaseLost(terms),
    ...(random() < 0.2 ? [to.cancel(60_000)] : []),
    to.release(terms),
    ...(random() < 0.2 ? [to.expire(60_000)] : []),
    to.replay({ gen, token: unique() }),
    to.replay({ gen, token: unique(), fromBeginning: true, message: 'again' }),
    to.replay({ gen, token: unique(), mayBeUndone: true }),
    to.replay({ gen, token: unique(), mayBeUndone: true, fromBeginning: true }),
    to.undoReplay({ gen, token: unique(), retainMs: 60_000 }),
    ...(['rearm', 'park', 'audit'] as const).map((name) => to.rearm(gen, unique(), 50, name)),
    to.replan({ gen, by: pub?.by ?? unique(), token: unique(), at: new Date(LEGAL_INSERT.atMs + Math.floor(random() * 2_000)) }),
    to.take(unique()),
    to.takeDead(unique()),
    to.markDead(gen, pub?.by ?? ''),
    to.oweDead(gen, unique()),
    to.postponeEvent(evt?.seq ?? 0),
    to.markEvent(evt?.seq ?? 0),
    ...(random() < 0.1 ? JOB_PARTS.map((part) => to.removePart(gen, part)) : []),
    ...(random() < 0.1 ? [to.retain(gen, 5_000)] : []),
  ];
}

describe('history rules over the real transitions', () => {
  it('accept every transition of shared/domain/transitions.ts, in any order that their conditions allow', () => {
    const observer = new HistoryObserver();
    const random = randomFrom(5);
    const seen = new Map<TransitionName, number>();
    const rarity = ({ name }: Transition): number => seen.get(name) ?? 0;
    let unique = 0;
    for (let job = 0; job < JOBS; job += 1) {
      const id = `job-${job}`;
      let atMs = LEGAL_INSERT.atMs;
      const runAt = new Date(atMs + 1_000);
      const isScheduled = job % 4 === 0;
      let record = withFields(LEGAL_INSERT.after, {
        ...{ id, deadlineAt: new Date(atMs + 2_000 + random() * 20_000) },
        ...(isScheduled && { state: 'SCHEDULED', offPeak: {}, runAt, pub: { due: runAt, by: 'first' } }),
      });
      observer.note({ id, after: record, atMs });
      for (let step = 0; step < STEPS; step += 1) {
        atMs += Math.floor(random() * 400);
        const all = choices(record, () => `u${++unique}`, random).filter(({ when }) => meetsCondition(record, when, new Date(atMs)));
        // Now and then what was seen least, or some would hardly come.
        const isRareWanted = random() < 0.3;
        const transition = isRareWanted ? all.toSorted((a, b) => rarity(a) - rarity(b))[0] : all[Math.floor(random() * all.length)];
        if (!transition) continue;
        const after = applyUpdate(record, transition, new Date(atMs));
        observer.note({ id, before: record, after, atMs });
        seen.set(transition.name, rarity(transition) + 1);
        record = after;
      }
    }
    expect(observer.violations.slice(0, 3)).to.deep.equal([]);
    expect([...seen.keys()].sort()).to.deep.equal(namesOfAll());
    for (const kind of [
      'fused',
      'fused_last',
      'commit',
      'commit_last',
      'crash_loop',
      'replay',
      'undo_replay',
      'mark_dead',
      'owe_dead',
    ] as const) {
      expect(observer.count(kind), kind).to.be.above(0);
    }
  });
});

/** Names of the transitions that the module exports. */
function namesOfAll(): readonly string[] {
  const terms = { claim: 'c', token: 't', retainMs: 1, afterMs: 1, stage: 0, gen: 1, owner: 'o', leaseMs: 1, error, last: true, tookMs: 1 };
  const made = Object.values(to).flatMap((one): readonly unknown[] => {
    if (typeof one !== 'function') return [];
    const make = one as (...given: readonly unknown[]) => Transition;
    if (make === (to.rearm as unknown)) return (['rearm', 'park', 'audit'] as const).map((name) => make(1, 't', 0, name));
    if (make === (to.mark as unknown) || make === (to.heartbeat as unknown)) return [make(['c'], 1)];
    return [make.length === 1 && !(make === (to.take as unknown)) ? make(terms) : make('1', 1)];
  });
  return [...new Set(made.map((one) => (one as Transition).name))].sort();
}

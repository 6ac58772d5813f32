import { OWED_AFTER_MS, rearm } from '../../shared/domain/transitions.ts';
import { aliveHolders, keepPlace, keptFor } from '../support/memory-places.ts';
import { EnvironmentView } from './environment-view.ts';
import { LIMIT_NAME, turnOf } from './limit.ts';
import { isFar } from './model.ts';
import { jobName } from './step-maker.ts';
import { FRESH } from './worker-hands.ts';
import type { Caller, Draft } from './world.ts';

const NOW_MS = 0;
const FOR_MS = 1;

/** Who calls waiting jobs to free places (shared/jobs/turns/pass-turns.ts): workers that gave one back, and the scheduler. */
export class TurnSteps extends EnvironmentView {
  callers(): void {
    const { world, model } = this.maker;
    for (const caller of world.callers) {
      this.#go(caller);
      this.maker.add('who calls to a free place dies', false, (draft) => this.#replace(draft, caller));
    }
    if (world.callers.length === 0 && model.protocol.callsWaiting && this.#waiting([]) !== undefined)
      this.maker.add('the scheduler looks for jobs that wait', true, (draft) => void draft.callers.push(LOOKING));
  }

  limitChanges(): void {
    for (const limit of [0, 1, 2]) {
      if (limit === this.maker.world.limit) continue;
      const what = limit === 0 ? 'takes the limit away' : `sets a limit of ${limit}`;
      this.maker.add(`an operator ${what}`, false, (draft) => void (draft.limit = limit));
    }
  }

  #go(caller: Caller): void {
    switch (caller.at) {
      case 'looking':
        return this.#look(caller);
      case 'keeping':
        return this.#keep(caller);
      case 'calling':
        return this.#call(caller);
    }
  }

  /** The first that waits and is not called already. */
  #waiting(except: readonly string[]): number | undefined {
    const waits = (job: number): boolean => {
      const { state, pub } = this.local(job);
      return state === 'QUEUED' && pub?.for === LIMIT_NAME && isFar(pub.due) && !except.includes(String(job));
    };
    return [...this.maker.world.local.keys()].find(waits);
  }

  #look(caller: Caller): void {
    const { durablePlaces, limit } = this.maker.world;
    const alive = aliveHolders(durablePlaces, NOW_MS);
    const job = this.#waiting(keptFor(alive));
    const turn = job === undefined ? undefined : turnOf(this.local(job), limit);
    if (job === undefined || (turn && alive.length >= turn.places))
      return this.maker.add('who calls finds nobody, or no free place', true, (draft) => this.#replace(draft, caller));
    const next = { at: turn ? 'keeping' : 'calling', job, gen: this.local(job).gen } as const;
    this.maker.add(`who calls finds ${jobName(job)}`, true, (draft) => this.#replace(draft, caller, next));
  }

  #keep(caller: Caller): void {
    const { job } = caller;
    const { places: before, limit } = this.maker.world;
    const wanted = { jobId: String(job), places: turnOf(this.local(job), limit)?.places ?? 0, forMs: FOR_MS };
    const { hasPlace } = keepPlace(before, wanted, NOW_MS);
    this.maker.writePlaces({
      label: `a place is kept for ${jobName(job)}`,
      change: (holders) => keepPlace(holders, wanted, NOW_MS).holders,
      after: (draft, answer) => {
        if (answer === 'ok') this.#replace(draft, caller, hasPlace ? { ...caller, at: 'calling' } : LOOKING);
        else this.#replace(draft, caller);
      },
    });
  }

  #call(caller: Caller): void {
    const { job, gen } = caller;
    for (const ring of this.maker.rings([{ job, stage: this.local(job).stage, gen, token: FRESH }]))
      this.maker.write({
        label: `${jobName(job)} is called${ring.label}`,
        jobs: [job],
        transition: () => rearm(gen, FRESH, OWED_AFTER_MS),
        key: `call ${gen}`,
        isFair: ring.isFair,
        after: (draft, answer, matched) => {
          if (answer === 'ok' && matched[0]) ring.apply(draft);
          this.#replace(draft, caller, answer === 'ok' ? LOOKING : undefined);
        },
      });
  }

  #replace(draft: Draft, caller: Caller, next?: Caller): void {
    draft.callers = draft.callers.filter((one) => one !== caller);
    if (next) draft.callers.push(next);
  }
}

const LOOKING: Caller = { at: 'looking', job: 0, gen: 0 };

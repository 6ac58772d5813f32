import { ACTIVE_STATES } from '../../shared/domain/job.ts';
import { crashLoop, leaseLost, MAX_CRASHES, mark, rearm, replan, take } from '../../shared/domain/transitions.ts';
import { EnvironmentView } from './environment-view.ts';
import { isOver } from './model.ts';
import { PROPERTIES } from './properties.ts';
import { jobName } from './step-maker.ts';
import { FRESH } from './worker-hands.ts';

const NOW = new Date(0);
const LATER = new Date(1);
const ERROR = { code: 'model', message: 'model', errorClass: 'crash' } as const;

/** The sweepers of the scheduler, and the marks of what was rung. */
export class SchedulerSteps extends EnvironmentView {
  relay(): void {
    const { features } = this.maker.model;
    const isOwed = (job: number): boolean => {
      const { pub, state } = this.local(job);
      return pub?.due !== undefined && ACTIVE_STATES.includes(state) && this.maker.matches(job, () => take(FRESH), 'take');
    };
    const due = [...this.maker.world.local.keys()].filter(isOwed);
    for (const job of due) this.#take([job]);
    if (features.batch && due.length > 1) this.#take(due);
  }

  #take(jobs: readonly number[]): void {
    const transition = take(FRESH);
    const rings = jobs.map((job) => ({ job, stage: this.local(job).stage, gen: this.local(job).gen, token: FRESH }));
    for (const ring of this.maker.rings(rings))
      this.maker.write({
        label: `the relay takes the bell of ${jobs.map(jobName).join(' and ')}${ring.label}`,
        jobs,
        transition: () => transition,
        key: 'take',
        isFair: ring.isFair,
        after: (draft, answer, matched) => {
          // Read back by the token where the outcome is unknown, by majority (shared/jobs/relay-due.ts).
          const isRead = answer === 'ok' ? matched.some(Boolean) : answer === 'lost' && this.maker.model.protocol.ringsTakeReadBack;
          if (isRead && jobs.every((job) => draft.local[job]!.job.pub?.by === FRESH)) ring.apply(draft);
        },
      });
  }

  rescue(job: number): void {
    const { state, lease, claim = '', crashes } = this.local(job);
    if (state !== 'RUNNING' || !isOver(lease?.until)) return;
    const isLast = crashes + 1 >= MAX_CRASHES;
    const terms = { claim, token: FRESH, error: ERROR };
    this.maker.write({
      label: `the scheduler finds the lease of ${jobName(job)} over${isLast ? ' for the last time' : ''}`,
      jobs: [job],
      transition: () => (isLast ? crashLoop({ ...terms, retainMs: 1 }) : leaseLost({ ...terms, afterMs: 1 })),
      key: `lost ${claim} ${isLast}`,
      after: (draft, answer, matched) => {
        const isInnocent = this.maker.model.features.poison && job > 0 && (answer === 'lost' || matched[0]);
        if (isLast && isInnocent) draft.broken ??= `${PROPERTIES.innocent}: ${jobName(job)} is given up for what job A did`;
      },
    });
  }

  audit(job: number): void {
    const { state, gen, pub } = this.local(job);
    if (state !== 'QUEUED' || pub?.due || !pub?.at) return;
    this.maker.write({
      label: `the audit owes the bell of ${jobName(job)} again`,
      jobs: [job],
      transition: () => rearm(gen, FRESH, 0, 'audit'),
      key: `audit ${gen}`,
      after: () => {},
    });
  }

  replan(job: number): void {
    const { state, gen, pub } = this.local(job);
    if (state !== 'SCHEDULED') return;
    const by = pub?.by ?? '';
    for (const [when, at] of [['now', NOW] as const, ['later', LATER] as const])
      this.maker.write({
        label: `${jobName(job)} is planned again, for ${when}`,
        jobs: [job],
        transition: () => replan({ gen, by, token: FRESH, at }),
        key: `replan ${gen} ${by} ${when}`,
        isFair: false,
        after: () => {},
      });
  }

  marks(): void {
    const { world, model } = this.maker;
    if (model.features.gatheredMarks && world.marks.length > 0) return this.#gatheredMarks();
    for (const one of world.marks)
      this.maker.write({
        label: `the ring of ${jobName(one.job)} is marked`,
        jobs: [one.job],
        transition: () => mark([one.token]),
        key: `mark ${one.token} ${model.protocol.keepsStaleMarks ? one.gen : ''}`,
        after: (draft) => void (draft.marks = draft.marks.filter((other) => other !== one)),
      });
  }

  /** What has gathered in one process is written for all its ids and tokens at once. */
  #gatheredMarks(): void {
    const { marks } = this.maker.world;
    const jobs = [...new Set(marks.map(({ job }) => job))];
    const tokens = [...new Set(marks.map(({ token }) => token))].filter((token) => token !== '-').sort();
    this.maker.write({
      label: `the rings of ${jobs.map(jobName).join(' and ')} are marked`,
      jobs,
      transition: () => mark(tokens),
      key: `mark ${tokens.join(',')}`,
      after: (draft) => void (draft.marks = []),
    });
  }
}

import { JOB_PARTS, type JobPart, type JobRecord, type JobState } from '../job.ts';

/** How a job has ended. */
export const OUTCOMES = ['COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED'] as const satisfies readonly JobState[];
export type Outcome = (typeof OUTCOMES)[number];

/** What has a time of its own: the job as a whole, and its parts. */
export const RETAINED = ['job', ...JOB_PARTS] as const;
export type Retained = (typeof RETAINED)[number];

/** Days after the end of a job, 0..3,650; of `job` from 1. A part that is absent goes with the job. */
export type RetentionDays = Readonly<Partial<Record<Retained, number>>>;

/** How long jobs of one type, of one outcome, or both are kept; without either: all. */
export interface RetentionRule {
  readonly type?: string;
  readonly outcome?: Outcome;
  readonly days: RetentionDays;
}

/** One rule has one name: what it is for. */
export function ruleIdOf({ type, outcome }: Pick<RetentionRule, 'type' | 'outcome'>): string {
  const parts = [...(type === undefined ? [] : [`type=${type}`]), ...(outcome === undefined ? [] : [`outcome=${outcome.toLowerCase()}`])];
  return parts.length > 0 ? parts.join(',') : 'all';
}

/** The rules in force: those of the API take the place of configured ones for the same jobs. */
export function mergedRules(configured: readonly RetentionRule[], own: readonly RetentionRule[]): readonly RetentionRule[] {
  const byId = new Map([...configured, ...own].map((rule) => [ruleIdOf(rule), rule]));
  return [...byId.values()].sort((a, b) => (ruleIdOf(a) < ruleIdOf(b) ? -1 : 1));
}

/** The more a rule says of which jobs it is for, the more it counts; the type says more than the outcome. */
function weightOf({ type, outcome }: RetentionRule): number {
  return (type === undefined ? 0 : 2) + (outcome === undefined ? 0 : 1);
}

/** How long a job and its parts are kept: for each, the closest of the rules that say something of it. */
export function daysOf(rules: readonly RetentionRule[], job: Pick<JobRecord, 'type' | 'state'>): RetentionDays {
  const fitting = rules
    .filter(({ type, outcome }) => (type ?? job.type) === job.type && (outcome ?? job.state) === job.state)
    .sort((a, b) => weightOf(a) - weightOf(b));
  return Object.assign({}, ...fitting.map(({ days }) => days)) as RetentionDays;
}

/** One walk over ended jobs: at this age they lose this. The job itself is looked at as soon as it has ended: it is given its time then. */
export interface RetentionWalk {
  readonly what: Retained;
  readonly days: number;
}

/** The walks that the rules need, each once. */
export function walksOf(rules: readonly RetentionRule[]): readonly RetentionWalk[] {
  const job: readonly RetentionWalk[] = rules.some(({ days }) => days.job !== undefined) ? [{ what: 'job', days: 0 }] : [];
  const parts = JOB_PARTS.flatMap((what) => {
    const ages = new Set(rules.flatMap(({ days }) => days[what] ?? []));
    return [...ages].sort((a, b) => a - b).map((days): RetentionWalk => ({ what, days }));
  });
  return [...job, ...parts];
}

/** Whether there is anything of this part to be removed. */
export function hasPart({ results, log }: Pick<JobRecord, 'results' | 'log'>, part: JobPart): boolean {
  return part === 'payload' || (part === 'outputs' ? results.length > 0 : log.length > 0);
}

import { BOUNDS, type Bound } from '../domain/bounds.ts';
import type { AnsweredRequest, RequestMeter } from '../ports/metrics.ts';
import type { BucketCounts } from './bucket-counts.ts';
import type { LabelsOf } from './metric-definitions.ts';
import type { ProcessMetrics } from './metrics.ts';

/** Anything else that node:http lets through is `other`: a client must not make labels. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Routes whose answers are submissions. */
const SUBMISSIONS = new Set(['/v1/jobs', '/generate-file', '/v1/jobs\\:batch', '/v1/jobs:batch']);

/** Shown from the start with 0: a counter that begins with its first event hides that one from `increase`. */
const AWAITED_RESULTS = ['accepted', 'repeated', 'overloaded', 'store_unavailable'] as const;

/** How many of each: labels that were seen, by a key that is made of them. */
class Tally<L> {
  readonly #rows = new Map<string, { readonly labels: L; value: number }>();

  /** @param count 0: only to be shown. */
  add(key: string, labels: () => L, count = 1): void {
    const known = this.#rows.get(key);
    if (known) known.value += count;
    else this.#rows.set(key, { labels: labels(), value: count });
  }

  rows(): Iterable<{ readonly labels: L; readonly value: number }> {
    return this.#rows.values();
  }
}

/** Counts requests by route and answer, and submissions by result. */
export function httpMeter(metrics: ProcessMetrics): RequestMeter {
  const requests = new Tally<LabelsOf<'jobline_http_requests_total'>>();
  const problems = new Tally<LabelsOf<'jobline_http_problems_total'>>();
  const submissions = new Tally<LabelsOf<'jobline_submissions_total'>>();
  const refusals = new Tally<LabelsOf<'jobline_bound_refusals_total'>>();
  const noteRefused = (listener: string, bound: Bound, count = 1) =>
    refusals.add(`${listener} ${bound}`, () => ({ listener, bound }), count);
  for (const bound of BOUNDS) noteRefused('api', bound, 0);
  metrics.readMany('jobline_bound_refusals_total', () => refusals.rows());
  for (const result of AWAITED_RESULTS) submissions.add(result, () => ({ result }), 0);
  metrics.readMany('jobline_http_requests_total', () => requests.rows());
  metrics.readMany('jobline_http_problems_total', () => problems.rows());
  metrics.readMany('jobline_submissions_total', () => submissions.rows());
  const durations = durationsOf(metrics);
  return {
    note(request) {
      const { listener, route = 'none', status, problem, bound, durationMs } = request;
      const method = METHODS.has(request.method) ? request.method : 'other';
      requests.add(`${listener} ${method} ${route} ${status}`, () => ({ listener, method, route, status: String(status) }));
      durations(listener, method, route).observe(durationMs / 1_000);
      if (bound) noteRefused(listener, bound);
      if (problem !== undefined) problems.add(`${listener} ${problem}`, () => ({ listener, code: problem }));
      if (method === 'POST' && SUBMISSIONS.has(route)) {
        const result = resultOf(request);
        submissions.add(result, () => ({ result }));
      }
    },
    noteRefused: (listener, bound) => noteRefused(listener, bound),
  };
}

function resultOf({ status, problem, isRepeated }: AnsweredRequest): string {
  if (problem !== undefined) return problem;
  if (isRepeated) return 'repeated';
  return status < 300 ? 'accepted' : 'aborted';
}

/** The counts for a route are looked up by one key, their labels made once. */
function durationsOf(metrics: ProcessMetrics): (listener: string, method: string, route: string) => BucketCounts {
  const family = metrics.histogram('jobline_http_request_duration_seconds');
  const known = new Map<string, BucketCounts>();
  return (listener, method, route) => {
    const key = `${listener} ${method} ${route}`;
    let counts = known.get(key);
    if (!counts) known.set(key, (counts = family.with({ listener, method, route })));
    return counts;
  };
}

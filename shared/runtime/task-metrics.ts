import type { ProcessMetrics } from './metrics.ts';

/** Whoever runs scheduled tasks; counters by the task's name. */
export interface MeteredSchedule {
  readonly counters: ReadonlyMap<
    string,
    {
      readonly done: number;
      readonly storeUnavailable: number;
      readonly failed: number;
      readonly items: number;
      readonly tookMs: number;
    }
  >;
}

/** Shows what the scheduled tasks have done. */
export function addTaskMetrics(metrics: ProcessMetrics, { counters }: MeteredSchedule): void {
  metrics.readMany('jobline_task_runs_total', () =>
    [...counters].flatMap(([task, { done, storeUnavailable, failed }]) => [
      { labels: { task, result: 'done' }, value: done },
      { labels: { task, result: 'store_unavailable' }, value: storeUnavailable },
      { labels: { task, result: 'failed' }, value: failed },
    ]),
  );
  metrics.readMany('jobline_task_items_total', () => [...counters].map(([task, { items }]) => ({ labels: { task }, value: items })));
  metrics.readMany('jobline_task_seconds_total', () =>
    [...counters].map(([task, { tookMs }]) => ({ labels: { task }, value: tookMs / 1_000 })),
  );
}

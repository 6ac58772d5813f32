import type { Scrape } from './metrics-watch.ts';

/** A counter's growth over the run beside what must have been counted. */
export interface CounterCheck {
  readonly name: string;
  readonly shown: number;
  readonly truth: number;
}

/** A bound that no scrape may show exceeded. */
export interface BoundCheck {
  readonly name: string;
  readonly most: number;
  /** Of the scrapes, those above it. */
  readonly above: number;
  readonly scrapes: number;
}

/** What must have been counted. */
export interface Counted {
  /** Answers with 202 by which a job was made, and those that named one that was there already. */
  readonly accepted: number;
  readonly repeated: number;
  /** Refused at the bound. */
  readonly refused: number;
  /** Jobs whose first attempt was made to fail. */
  readonly retried: number;
  /** Claims that were lost, by the logs in the records. */
  readonly leasesLost: number;
  readonly failed: number;
}

function grown(scrapes: readonly Scrape[], service: string, name: string, labels: Readonly<Record<string, string>>): number {
  const own = scrapes.filter((one) => one.service === service);
  const at = (one: Scrape | undefined) => one?.metrics.value(name, labels) ?? Number.NaN;
  return at(own.at(-1)) - at(own[0]);
}

/** Counters, from before the first submission until all had ended. */
export function counterChecks(scrapes: readonly Scrape[], counted: Counted): readonly CounterCheck[] {
  const { accepted, repeated, refused, retried, leasesLost, failed } = counted;
  const check = (service: string, name: string, label: readonly [string, string], truth: number): CounterCheck => {
    const labels = { [label[0]]: label[1] };
    return { name: `${name}{${label[0]}="${label[1]}"}, ${service}`, shown: grown(scrapes, service, name, labels), truth };
  };
  return [
    check('gateway', 'jobline_submissions_total', ['result', 'accepted'], accepted),
    check('gateway', 'jobline_submissions_total', ['result', 'repeated'], repeated),
    check('gateway', 'jobline_submissions_total', ['result', 'overloaded'], refused),
    check('gateway', 'jobline_gate_jobs_total', ['result', 'admitted'], accepted + repeated),
    check('gateway', 'jobline_gate_jobs_total', ['result', 'refused'], refused),
    ...['p1-worker', 'p2-worker'].flatMap((worker) => [
      check(worker, 'jobline_stage_ends_total', ['outcome', 'committed'], accepted + repeated),
      check(worker, 'jobline_stage_ends_total', ['outcome', 'retried'], worker === 'p1-worker' ? retried : 0),
      check(worker, 'jobline_stage_ends_total', ['outcome', 'dead'], failed),
      check(worker, 'jobline_stage_ends_total', ['outcome', 'fenced'], leasesLost),
    ]),
    { name: 'jobline_dead_letters, scheduler', shown: lastOf(scrapes, 'scheduler', 'jobline_dead_letters'), truth: failed },
  ];
}

function lastOf(scrapes: readonly Scrape[], service: string, name: string): number {
  return scrapes.findLast((one) => one.service === service)?.metrics.value(name) ?? Number.NaN;
}

const BOUNDS: readonly (readonly [held: string, bound: string])[] = [
  ['jobline_bus_publishes_in_flight', 'jobline_bus_publishes_in_flight_limit'],
  ['jobline_bells_held', 'jobline_bells_held_limit'],
  ['jobline_handler_slots_busy', 'jobline_handler_slots'],
];

/** What is in flight, against its bound. */
export function boundChecks(scrapes: readonly Scrape[]): readonly BoundCheck[] {
  return BOUNDS.map(([held, bound]) => {
    const pairs = scrapes.flatMap(({ metrics }) => {
      const [value, limit] = [metrics.value(held), metrics.value(bound)];
      return value === undefined || limit === undefined ? [] : [{ value, limit }];
    });
    const above = pairs.filter(({ value, limit }) => value > limit).length;
    return { name: `${held} within ${bound}`, most: Math.max(...pairs.map(({ value }) => value)), above, scrapes: pairs.length };
  });
}

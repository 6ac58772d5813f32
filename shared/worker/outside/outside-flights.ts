import type { Flights } from '../../ports/job-type-module.ts';
import type { Config } from '../../runtime/config.ts';
import type { HandlerTable } from '../isolated-task-runner.ts';

/** The table with as many requests at once as the operator has set. */
export function withFlights(table: HandlerTable, config: Config<'worker'>): HandlerTable {
  const flights: Readonly<Record<string, Flights>> = {
    http: { jobs: 1, atOnce: config.httpConcurrency },
    summarize: { jobs: config.summarizeBatchDocuments, atOnce: config.summarizeConcurrency },
  };
  return Object.fromEntries(
    Object.entries(table).map(([type, stages]) => [
      type,
      Object.fromEntries(
        Object.entries(stages).map(([stage, spec]) => {
          const own = flights[type];
          return [stage, spec.outside && own ? { ...spec, outside: own } : spec];
        }),
      ),
    ]),
  );
}

/** Jobs that wait for dependencies at the same time, of the types for which the operator has set one. */
export function outsideJobs(table: HandlerTable, config: Config<'worker'>): number {
  const isSet: Readonly<Record<string, boolean>> = {
    http: config.httpEndpoints.length > 0,
    summarize: config.summarizeUrl !== undefined,
  };
  return Object.entries(table)
    .filter(([type]) => isSet[type])
    .flatMap(([, stages]) => Object.values(stages))
    .reduce((sum, { outside }) => sum + (outside ? outside.jobs * outside.atOnce : 0), 0);
}

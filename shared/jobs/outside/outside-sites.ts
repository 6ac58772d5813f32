import type { Pipelines } from '../../domain/pipeline.ts';
import type { Endpoint } from '../../ports/outside.ts';
import { dependencyOf } from './dependency-of.ts';

/** Which hosts jobs need: what the operator has set, as every process knows it. */
export interface OutsideSites {
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** Of the job type summarize. */
  readonly summaryUrl?: string;
}

/** Type and stage that need a dependency. */
export interface NeedingStage {
  readonly type: string;
  readonly stage: string;
}

const SUMMARIZE: NeedingStage = { type: 'summarize', stage: 'p1' };

/** Dependencies, each with the stages that need it. */
export function dependenciesOf({ endpoints, summaryUrl }: OutsideSites): ReadonlyMap<string, readonly NeedingStage[]> {
  const found = new Map<string, NeedingStage[]>();
  const add = (url: string, place: NeedingStage): void => {
    const places = found.get(dependencyOf(url)) ?? [];
    if (!places.some(({ type, stage }) => type === place.type && stage === place.stage)) places.push(place);
    found.set(dependencyOf(url), places);
  };
  for (const { urls } of endpoints.values()) for (const [stage, url] of Object.entries(urls)) add(url, { type: 'http', stage });
  if (summaryUrl !== undefined) add(summaryUrl, SUMMARIZE);
  return found;
}

/** The dependency that a job needs at a stage, if any. @param input its input. */
export function dependencyOfJob(
  { endpoints, summaryUrl }: OutsideSites,
  { type, stage }: NeedingStage,
  input: unknown,
): string | undefined {
  if (type === SUMMARIZE.type && stage === SUMMARIZE.stage) return summaryUrl && dependencyOf(summaryUrl);
  const name = type === 'http' && typeof input === 'object' && input !== null ? (input as { endpoint?: unknown }).endpoint : undefined;
  const url = typeof name === 'string' ? endpoints.get(name)?.urls[stage] : undefined;
  return url === undefined ? undefined : dependencyOf(url);
}

/** The stages by their positions, as stores know them. */
export function positionsOf(
  places: readonly NeedingStage[],
  pipelines: Pipelines,
): readonly { readonly type: string; readonly stage: number }[] {
  return places.flatMap(({ type, stage }) => {
    const position = pipelines.has(type) ? pipelines.typeOf(type).stages.findIndex(({ name }) => name === stage) : -1;
    return position < 0 ? [] : [{ type, stage: position }];
  });
}

import type { StagePlace } from '../../shared/domain/dead-letters/replay-operation.ts';
import type { Pipelines } from '../../shared/domain/pipeline.ts';
import { invalidRequest } from './query.ts';

/**
 * The stages of this name in the types' pipelines. @param name default: all stages. @param type default: all types.
 * @returns undefined where neither is given: anywhere, also at types that this gateway does not know.
 * @throws Problem invalid_request for a name or type that there is not.
 */
export function stagePlaces(pipelines: Pipelines, name?: string, type?: string): readonly StagePlace[] | undefined {
  if (name === undefined && type === undefined) return undefined;
  const types = type === undefined ? pipelines.names() : pipelines.names().filter((known) => known === type);
  const places = pipelines
    .all()
    .filter((spec) => types.includes(spec.name))
    .flatMap((spec) =>
      spec.stages.flatMap((stage, index) => (name === undefined || stage.name === name ? [{ type: spec.name, stage: index }] : [])),
    );
  // Versions of a type mostly have the same stages.
  if (places.length > 0) return [...new Map(places.map((place) => [`${place.type} ${place.stage}`, place])).values()];
  const isType = types.length === 0;
  const known = isType ? `known types: ${pipelines.names().join(', ')}` : `known stages: ${pipelines.stageNames().join(', ')}`;
  throw invalidRequest([{ pointer: isType ? '/type' : '/stage', detail: `is ${JSON.stringify(isType ? type : name)}; ${known}` }]);
}

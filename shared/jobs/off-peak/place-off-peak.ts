import type { OffPeakTerms } from '../../domain/job.ts';
import type { OffPeakChoice } from '../../domain/off-peak/off-peak-wish.ts';
import type { Pipelines } from '../../domain/pipeline.ts';
import type { JobStore } from '../../ports/job-store.ts';
import type { OffPeakPlanner, OffPeakWish } from './off-peak-planner.ts';

interface Asked {
  readonly type: string;
  readonly runAt?: Date;
  readonly deadlineAt?: Date;
  readonly offPeak?: OffPeakChoice;
}

/** A request whose moment of release is decided. */
export type Placed<T extends Asked> = Omit<T, 'offPeak'> & { readonly offPeak?: OffPeakTerms };

export interface PlaceDeps {
  readonly pipelines: Pipelines;
  readonly store: Pick<JobStore, 'estimateTime'>;
  /** Absent: nothing is held. */
  readonly offPeak?: Pick<OffPeakPlanner, 'place'>;
}

/** Whether it says of itself that it is off-peak or is not, or its type does. */
export function hasChoice({ offPeak, type }: Asked, pipelines: Pipelines): boolean {
  return offPeak !== undefined || pipelines.typeOf(type).offPeak === true;
}

/** The requests, in order, off-peak ones with the moment of their release for their runAt. @throws StoreUnavailableError. */
export async function placeOffPeak<T extends Asked>(
  { pipelines, store, offPeak }: PlaceDeps,
  requests: readonly T[],
): Promise<readonly Placed<T>[]> {
  const wishOf = (request: T): OffPeakWish | undefined => {
    const choice = request.offPeak ?? (pipelines.typeOf(request.type).offPeak ? {} : false);
    return choice ? { ...request, offPeak: choice } : undefined;
  };
  const wishes = new Map(requests.flatMap((request) => [wishOf(request)].flatMap((wish) => (wish ? [[request, wish] as const] : []))));
  const places = offPeak && wishes.size > 0 ? await offPeak.place([...wishes.values()], await store.estimateTime()) : [];
  const placeOf = new Map([...wishes.keys()].map((request, index) => [request, places[index]]));
  return requests.map(({ offPeak: _, ...request }, index) => {
    const place = placeOf.get(requests[index]!);
    if (!place) return request;
    const { runAt: __, ...asked } = request;
    return { ...asked, ...place } as Placed<T>;
  });
}

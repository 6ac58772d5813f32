import { stageDurationsOf } from '../domain/eta/stage-history.ts';
import type { Pipelines } from '../domain/pipeline.ts';
import type { EndedJob, QueueFigures } from '../ports/queue-figures.ts';
import type { StageStatistics } from '../ports/stage-statistics.ts';

/** Jobs looked at for each time that jobs are kept: far more than expected ends are told from by day. */
const LOOKED_AT = 20_000;

export interface StatisticsDeps {
  readonly figures: Pick<QueueFigures, 'lastEnded'>;
  readonly statistics: StageStatistics;
  readonly pipelines: Pipelines;
}

/**
 * Makes the statistics of stages anew from the last ended jobs. What a stage is known to have taken stays where none of these jobs tells
 * of it. @returns stages of types.
 */
export async function rebuildStatistics({ figures, statistics, pipelines }: StatisticsDeps): Promise<number> {
  const kept = new Set(pipelines.names().map((name) => pipelines.typeOf(name).retainDays));
  const ended: EndedJob[] = [];
  for (const days of kept) ended.push(...(await figures.lastEnded(days * 86_400_000, LOOKED_AT)));
  const byId = new Map(ended.map((job) => [job.id, job]));
  const fresh = stageDurationsOf([...byId.values()]);
  const isFresh = new Set(fresh.map(({ type, stage }) => `${stage} ${type}`));
  const old = (await statistics.read()).filter(({ type, stage }) => pipelines.has(type) && !isFresh.has(`${stage} ${type}`));
  await statistics.replace([...fresh, ...old]);
  return fresh.length;
}

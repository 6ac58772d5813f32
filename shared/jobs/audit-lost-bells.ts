import { LANES } from '../domain/job.ts';
import type { Pipelines } from '../domain/pipeline.ts';
import { rearm } from '../domain/transitions.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { MessageBus } from '../ports/message-bus.ts';

/** A bell confirmed this long before its queue's watermark, and still unclaimed, is lost (docs/protocol.md, Audit). */
const MARGIN_MS = 60_000;
/** Re-armed in one call at most, never all at once. */
const BATCH = 500;

export interface AuditDeps {
  readonly store: JobStore;
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly pipelines: Pipelines;
  readonly logger: Logger;
}

/** Finds QUEUED jobs whose doorbell the broker has lost, by watermark, not by age, and owes it again. @returns how many. */
export async function auditLostBells(deps: AuditDeps): Promise<number> {
  const { store, bus, pipelines } = deps;
  const depths = await bus.queueDepths();
  const watermarks = await store.readWatermarks();
  const now = await store.serverTime();
  let rearmed = 0;
  for (const [stage, stageName] of stagePositions(pipelines)) {
    for (const lane of LANES) {
      const queue = bus.queueOf(stageName, lane);
      const depth = depths.get(queue);
      const isIdle = depth !== undefined && depth.ready === 0 && depth.unacked === 0;
      const watermark = isIdle ? now : watermarks.get(queue);
      if (!watermark) continue;
      const before = new Date(watermark.getTime() - MARGIN_MS);
      const lost = await store.find({ kind: 'lost_bell', stage, lane, before }, BATCH - rearmed);
      const ours = lost.filter(
        (record) => pipelines.has(record.type) && pipelines.typeOf(record.type).stages[record.stage]?.name === stageName,
      );
      const counts = await Promise.all(ours.map((record) => store.apply([record.id], rearm(record.gen, deps.clock.uuid(), 0, 'audit'))));
      rearmed += counts.reduce((sum, count) => sum + count, 0);
      if (rearmed >= BATCH) return rearmed;
    }
  }
  return rearmed;
}

/** Each (index, name) pair that occurs in any pipeline, once. */
function stagePositions(pipelines: Pipelines): readonly (readonly [number, string])[] {
  const pairs = pipelines.names().flatMap((type) => pipelines.typeOf(type).stages.map((stage, index) => [index, stage.name] as const));
  return [...new Map(pairs.map((pair) => [pair.join(':'), pair])).values()];
}

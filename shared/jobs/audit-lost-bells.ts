import { LANES } from '../domain/job.ts';
import type { Pipelines } from '../domain/pipeline.ts';
import { rearm } from '../domain/transitions.ts';
import { watermarkOf } from '../domain/watermark.ts';
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
  const reports = await store.readQueueReports();
  const now = await store.serverTime();
  let rearmed = 0;
  for (const { stage, stageName, types } of stagePositions(pipelines)) {
    for (const lane of LANES) {
      const queue = bus.queueOf(stageName, lane);
      const depth = depths.get(queue);
      const isIdle = depth !== undefined && depth.ready === 0 && depth.unacked === 0;
      const ofQueue = () =>
        watermarkOf(
          reports.filter((report) => report.queue === queue),
          now,
        );
      const watermark = isIdle ? now : ofQueue();
      if (!watermark) continue;
      const before = new Date(watermark.getTime() - MARGIN_MS);
      const found = await store.find({ kind: 'lost_bell', stage, lane, types, before }, BATCH - rearmed);
      // Another version of the type may have another stage here, with a queue of its own.
      const lost = found.filter((record) => pipelines.stageAt(record)?.name === stageName);
      const counts = await Promise.all(lost.map((record) => store.apply([record.id], rearm(record.gen, deps.clock.uuid(), 0, 'audit'))));
      rearmed += counts.reduce((sum, count) => sum + count, 0);
      if (rearmed >= BATCH) return rearmed;
    }
  }
  return rearmed;
}

interface StagePosition {
  readonly stage: number;
  readonly stageName: string;
  /** Job types that have this stage at this place. */
  readonly types: readonly string[];
}

/** Each (index, name) pair that occurs in any pipeline, once. */
function stagePositions(pipelines: Pipelines): readonly StagePosition[] {
  const positions = new Map<string, StagePosition & { types: string[] }>();
  for (const { name: type, stages } of pipelines.all()) {
    for (const [stage, { name }] of stages.entries()) {
      const key = `${stage}:${name}`;
      const known = positions.get(key);
      if (known) known.types = [...new Set([...known.types, type])];
      else positions.set(key, { stage, stageName: name, types: [type] });
    }
  }
  return [...positions.values()];
}

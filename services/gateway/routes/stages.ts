import { LANES } from '../../../shared/domain/job.ts';
import { getJob } from '../../../shared/jobs/get-job.ts';
import { LANE_WEIGHTS } from '../../../shared/jobs/lane-queue.ts';
import type { Backlog } from '../../../shared/ports/job-store.ts';
import { askBroker } from '../ask-broker.ts';
import { readStageControls, stageControlView } from '../control/stage-control-view.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import type { RouteTable } from '../route-table.ts';

/** Names of the stages that stand at each position of any pipeline. */
function namesByPosition({ pipelines }: GatewayDeps): readonly (readonly string[])[] {
  const stages = pipelines.all().map((type) => type.stages);
  const longest = Math.max(0, ...stages.map((list) => list.length));
  return Array.from({ length: longest }, (_, position) => [...new Set(stages.flatMap((list) => list[position]?.name ?? []))]);
}

/** Jobs by state, as the store counts them. */
function countsOf(rows: readonly Backlog[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { state, count } of rows) counts[state.toLowerCase()] = (counts[state.toLowerCase()] ?? 0) + count;
  return counts;
}

const rounded = (perSecond: number | undefined): number | null => (perSecond === undefined ? null : Math.round(perSecond * 10) / 10);

async function showStages(deps: GatewayDeps) {
  const { guard, store, bus } = deps;
  const [backlog, depths, controls] = await Promise.all([
    guard.run(() => store.backlog()),
    askBroker(deps, () => bus.queueDepths()),
    guard.run(() => readStageControls(deps)),
  ]);
  const weights = controls.laneWeights?.weights ?? LANE_WEIGHTS;
  const queueOf = (name: string, lane: (typeof LANES)[number]) => {
    const queue = deps.bus.queueOf(name, lane);
    const depth = depths?.get(queue);
    const { ready = null, unacked = null, inPerSecond = null, outPerSecond = null } = depth ?? {};
    return { queue, ready, unacked, in_per_second: inPerSecond, out_per_second: outPerSecond };
  };
  const stages = namesByPosition(deps).map(async (names, position) => {
    const rows = backlog.filter((row) => row.stage === position);
    const lanes = LANES.map((lane) => ({
      lane,
      weight: weights[lane],
      jobs: countsOf(rows.filter((row) => row.lane === lane)),
      started_per_second: rounded(deps.eta.drainPerSecond(position, lane)),
      queues: names.map((name) => queueOf(name, lane)),
    }));
    const deadLetters = names.map(async (name) => ({
      stage: name,
      messages: (await askBroker(deps, () => deps.bus.deadLetterDepth(name))) ?? null,
    }));
    return {
      stage: names.join(' | '),
      position,
      control: names.map((name) => stageControlView(controls, name)),
      jobs: countsOf(rows),
      lanes,
      dead_letter_queues: await Promise.all(deadLetters),
    };
  });
  return { stages: await Promise.all(stages), broker: depths && depths.size > 0 ? 'ok' : 'unknown' };
}

/** What waits where, by the store and by the broker side by side; and one record as it is stored. */
export function stageRoutes(routes: RouteTable, deps: GatewayDeps): void {
  routes.get('/admin/v1/stages', 'admin', async (ctx) => {
    ctx.body = await showStages(deps);
  });
  routes.get('/admin/v1/jobs/:job_id', 'admin', async (ctx) => {
    const id = ctx.params['job_id'] ?? '';
    ctx.body = await deps.guard.run(() => getJob(deps.store, undefined, id));
  });
}

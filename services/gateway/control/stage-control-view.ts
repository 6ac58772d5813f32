import { isActive, stagePauseOf } from '../../../shared/domain/control/pause.ts';
import { isWorkerSilent, type SeenWorker } from '../../../shared/domain/control/worker-report.ts';
import type { ControlSet } from '../../../shared/ports/controls.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { pauseView } from './pause-desk.ts';

/** What operators have set, and the workers that follow it. */
export interface StageControls extends ControlSet {
  readonly workers: readonly SeenWorker[];
}

export async function readStageControls({ controls, workers }: Pick<GatewayDeps, 'controls' | 'workers'>): Promise<StageControls> {
  const [set, seen] = await Promise.all([controls.read(), workers.list()]);
  return { ...set, workers: seen };
}

/** How a stage stands: `pausing` while workers still end what they have begun. */
export function stageControlView({ now, pauses, workers }: StageControls, stage: string) {
  const live = workers.filter((worker) => worker.stages.includes(stage) && !isWorkerSilent(worker, now));
  const isBusy = live.some((worker) => !worker.paused || worker.leases > 0);
  const paused = stagePauseOf(pauses, stage, now) !== undefined;
  const here = pauses.filter((pause) => isActive(pause, now) && (pause.selector.stage ?? stage) === stage);
  return {
    stage,
    state: paused ? (isBusy ? 'pausing' : 'paused') : 'running',
    pauses: here.map((pause) => pauseView(pause, now)),
    workers: {
      live: live.length,
      taking_work: live.filter((worker) => !worker.paused).length,
      slots: live.reduce((sum, { slots }) => sum + slots, 0),
      slots_busy: live.reduce((sum, { slotsBusy }) => sum + slotsBusy, 0),
    },
  };
}

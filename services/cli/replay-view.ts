import type { Terminal } from './command.ts';
import { momentText } from './moments.ts';
import { factsOf } from './table.ts';

/** A replay as GET /admin/v1/replays/{replay_id} answers it. */
export interface ReplayView {
  readonly replay_id: string;
  readonly state: 'planned' | 'collecting' | 'running' | 'done' | 'stopped' | 'aborted';
  readonly planned_by: string;
  readonly filter: Readonly<Record<string, string>>;
  readonly from: string;
  readonly rate_per_second: number;
  readonly planned: number;
  readonly total?: number;
  readonly steps: readonly number[];
  readonly least_seconds: number;
  /** Once it is applied. */
  readonly counts?: Readonly<Record<string, number>>;
  readonly reason?: string;
  readonly planned_at: string;
  readonly ended_at?: string;
  readonly digest?: string;
  readonly valid_until?: string;
}

/** Whether nothing more will happen to it. */
export function hasReplayEnded({ state }: ReplayView): boolean {
  return state === 'done' || state === 'stopped' || state === 'aborted';
}

/** What became of its jobs: 5 completed, 1 failed. */
export function outcomesText({ counts = {} }: ReplayView): string {
  const known = Object.entries(counts).filter(([, count]) => count > 0);
  return known.map(([outcome, count]) => `${count.toLocaleString('en-US')} ${outcome}`).join(', ') || 'nothing replayed yet';
}

function filterText(filter: ReplayView['filter']): string {
  const parts = Object.entries(filter).map(([name, value]) => `${name} ${value}`);
  return parts.join(', ') || 'all dead letters';
}

/** A replay for a person. */
export function replayText(replay: ReplayView, terminal: Terminal): string {
  const { replay_id, state, planned, total, steps, from, rate_per_second, least_seconds, reason, valid_until, ended_at } = replay;
  return factsOf(
    {
      replay: replay_id,
      state: `${state}${reason === undefined ? '' : `: ${reason}`}`,
      of: filterText(replay.filter),
      jobs: total ?? planned,
      steps: `waits after ${steps.join(', ')} jobs`,
      from: `${from.replace('_', ' ')}, at ${rate_per_second} a second, ${least_seconds} s or longer`,
      outcomes: state === 'planned' ? undefined : outcomesText(replay),
      'valid until': valid_until && momentText(valid_until),
      ended: ended_at && momentText(ended_at),
    },
    terminal,
  );
}

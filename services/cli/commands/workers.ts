import type { Command } from '../command.ts';
import { ageText } from '../moments.ts';
import { neededOption, STRING } from '../option-values.ts';
import { adminCommand } from '../question.ts';
import { tableOf } from '../table.ts';

interface WorkerView {
  readonly worker_id: string;
  readonly service: string;
  readonly version: string;
  readonly host: string;
  readonly state: string;
  readonly leases: number;
  readonly slots: number;
  readonly slots_busy: number;
  readonly reported_at: string;
  readonly stages: readonly string[];
}

const pathOf = (id: string): string => `/admin/v1/workers/${encodeURIComponent(id)}`;
const workerLine = ({ worker_id, state, leases }: WorkerView): string => `${worker_id} ${state}, ${leases} jobs\n`;

const listCommand = adminCommand({
  name: 'workers list',
  summary: 'list worker processes as they report themselves',
  about: 'working, paused, draining, drained (it can be stopped without a wait), or silent\n(no report for 15 s).',
  examples: ['jobline workers list'],
  ask: (api) => api.request<{ workers: readonly WorkerView[] }>('GET', '/admin/v1/workers'),
  textOf({ workers }, terminal) {
    if (workers.length === 0) return 'No worker has reported.\n';
    const rows = workers.map(({ worker_id, state, stages, leases, slots_busy, slots, reported_at }) => {
      return [worker_id, state, stages.join(' '), String(leases), `${slots_busy}/${slots}`, `${ageText(reported_at)} ago`];
    });
    return tableOf([['worker', 'state', 'stages', 'jobs', 'slots', 'report'], ...rows], terminal);
  },
});

const drainCommand = adminCommand({
  name: 'workers drain',
  summary: 'let a worker end what it began and take nothing new',
  usage: 'WORKER --reason TEXT',
  words: ['WORKER'],
  about: 'Before its host is restarted, say. workers list shows when it is drained.',
  options: { reason: STRING },
  optionsHelp: '  --reason TEXT      why\n',
  examples: ['jobline workers drain "$WORKER" --reason "new kernel"'],
  ask: (api, values, [id]) => api.request<WorkerView>('POST', `${pathOf(id!)}/drain`, { reason: neededOption(values, 'reason') }),
  textOf: workerLine,
});

const resumeCommand = adminCommand({
  name: 'workers resume',
  summary: 'let a drained worker take work again',
  usage: 'WORKER',
  words: ['WORKER'],
  about: 'A process that was restarted works anyway: it has another id.',
  examples: ['jobline workers resume "$WORKER"'],
  ask: (api, _, [id]) => api.request<WorkerView>('POST', `${pathOf(id!)}/resume`),
  textOf: workerLine,
});

/** `jobline workers ...`. */
export const workerCommands: readonly Command[] = [listCommand, drainCommand, resumeCommand];

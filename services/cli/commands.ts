import { breakerCommands } from './commands/breakers.ts';
import { controlCommands } from './commands/control.ts';
import { deadLetterCommands } from './commands/dlq.ts';
import { doctorCommand } from './commands/doctor.ts';
import { downloadCommand } from './commands/download.ts';
import { fsckCommand } from './commands/fsck.ts';
import { jobCommands } from './commands/job-commands.ts';
import { keysCommands } from './commands/keys.ts';
import { limitCommands } from './commands/limits.ts';
import { listCommand } from './commands/list.ts';
import { replayCommands } from './commands/replays.ts';
import { retentionCommands } from './commands/retention.ts';
import { ruleCommands } from './commands/rules.ts';
import { scheduleCommands } from './commands/schedules.ts';
import { submitCommand } from './commands/submit.ts';
import { topologyCommands } from './commands/topology.ts';
import { watchCommand } from './commands/watch.ts';
import { windowCommands } from './commands/windows.ts';
import { workerCommands } from './commands/workers.ts';
import type { CommandSet } from './run-command.ts';

/** Every command of `jobline`, in the order of its help. */
export const COMMAND_SET: CommandSet = {
  commands: [
    ...[submitCommand, watchCommand, listCommand, ...jobCommands, downloadCommand],
    ...scheduleCommands,
    ...[...deadLetterCommands, ...replayCommands],
    ...[...controlCommands, ...windowCommands, ...limitCommands, ...breakerCommands, ...workerCommands],
    ...[...ruleCommands, ...retentionCommands],
    ...[doctorCommand, fsckCommand, ...topologyCommands],
    ...keysCommands,
  ],
  groups: {
    schedules: 'jobs by cron expression or interval',
    dlq: 'dead letters: what failed for good, and replays of it',
    windows: 'times by calendar: off-peak jobs, work stopped or slowed',
    limits: 'how much of a tenant, a key or a stage runs at once',
    breakers: 'hosts that jobs need, and whether they are asked',
    workers: 'worker processes, and taking one out of work',
    rules: 'what is run again after a failure, or worked on by night',
    retention: 'how long ended jobs and their parts are kept',
    topology: 'exchanges, queues, bindings and policies in RabbitMQ',
    keys: 'API keys',
  },
};

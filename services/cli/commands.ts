import { controlCommands } from './commands/control.ts';
import { deadLetterCommands } from './commands/dlq.ts';
import { doctorCommand } from './commands/doctor.ts';
import { downloadCommand } from './commands/download.ts';
import { fsckCommand } from './commands/fsck.ts';
import { jobCommands } from './commands/job-commands.ts';
import { keysCommands } from './commands/keys.ts';
import { listCommand } from './commands/list.ts';
import { replayCommands } from './commands/replays.ts';
import { scheduleCommands } from './commands/schedules.ts';
import { submitCommand } from './commands/submit.ts';
import { topologyCommands } from './commands/topology.ts';
import { watchCommand } from './commands/watch.ts';
import { workerCommands } from './commands/workers.ts';
import type { CommandSet } from './run-command.ts';

/** Every command of `jobline`, in the order of its help. */
export const COMMAND_SET: CommandSet = {
  commands: [
    ...[submitCommand, watchCommand, listCommand, ...jobCommands, downloadCommand],
    ...scheduleCommands,
    ...[...deadLetterCommands, ...replayCommands],
    ...[...controlCommands, ...workerCommands],
    ...[doctorCommand, fsckCommand, ...topologyCommands],
    ...keysCommands,
  ],
  groups: {
    schedules: 'jobs by cron expression or interval',
    dlq: 'dead letters: what failed for good, and replays of it',
    workers: 'worker processes, and taking one out of work',
    topology: 'exchanges, queues, bindings and policies in RabbitMQ',
    keys: 'API keys',
  },
};

import { deadLetterCommands } from './commands/dlq.ts';
import { downloadCommand } from './commands/download.ts';
import { fsckCommand } from './commands/fsck.ts';
import { jobCommands } from './commands/job-commands.ts';
import { keysCommands } from './commands/keys.ts';
import { listCommand } from './commands/list.ts';
import { replayCommands } from './commands/replays.ts';
import { submitCommand } from './commands/submit.ts';
import { watchCommand } from './commands/watch.ts';
import type { CommandSet } from './run-command.ts';

/** Every command of `jobline`, in the order of its help. */
export const COMMAND_SET: CommandSet = {
  commands: [
    submitCommand,
    watchCommand,
    listCommand,
    ...jobCommands,
    downloadCommand,
    ...deadLetterCommands,
    ...replayCommands,
    fsckCommand,
    ...keysCommands,
  ],
  groups: {
    dlq: 'dead letters: what failed for good, and replays of it',
    keys: 'API keys',
  },
};

import type { Command } from './command.ts';
import { downloadCommand } from './commands/download.ts';
import { fsckCommand } from './commands/fsck.ts';
import { jobCommands } from './commands/job-commands.ts';
import { keysCommands } from './commands/keys.ts';
import { listCommand } from './commands/list.ts';
import { submitCommand } from './commands/submit.ts';
import { watchCommand } from './commands/watch.ts';

/** Every command of `jobline`, in the order of its help. */
export const COMMANDS: readonly Command[] = [
  submitCommand,
  watchCommand,
  listCommand,
  ...jobCommands,
  downloadCommand,
  fsckCommand,
  ...keysCommands,
];

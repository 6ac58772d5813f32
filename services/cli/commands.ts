import type { Command } from './command.ts';
import { fsckCommand } from './commands/fsck.ts';
import { keysCommands } from './commands/keys.ts';

/** Every command of `jobline`, in the order of its help. */
export const COMMANDS: readonly Command[] = [fsckCommand, ...keysCommands];

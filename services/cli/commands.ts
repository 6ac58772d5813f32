import type { Command } from './command.ts';
import { fsckCommand } from './commands/fsck.ts';

/** Every command of `jobline`: one line each. */
export const COMMANDS: readonly Command[] = [fsckCommand];

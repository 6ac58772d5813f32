#!/usr/bin/env node
import { COMMAND_SET } from './commands.ts';
import { runCommand } from './run-command.ts';

const { env, stdout, stderr, stdin } = process;
const isTerminal = stdout.isTTY === true;

// A reader that has seen enough (`jobline list | head`) is no fault.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCommand(COMMAND_SET, process.argv.slice(2), {
  env,
  write: (text) => void stdout.write(text),
  writeError: (text) => void stderr.write(text),
  isTerminal: stderr.isTTY === true,
  columns: isTerminal ? stdout.columns || 80 : undefined,
  hasColour: isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
  input: stdin,
});

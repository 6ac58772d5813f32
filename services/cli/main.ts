#!/usr/bin/env node
import { COMMANDS } from './commands.ts';
import { runCommand } from './run-command.ts';

process.exitCode = await runCommand(COMMANDS, process.argv.slice(2), {
  env: process.env,
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  input: process.stdin,
});

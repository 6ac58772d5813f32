import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT } from './install/cache.mjs';
import { setUp } from './setup.mjs';

// Sets up, then runs a program of test/: `node deploy/local/program.mjs [--node-option ...] bench/topologies [argument ...]`.

const args = process.argv.slice(2);
const at = args.findIndex((one) => !one.startsWith('-'));
const [program = '', ...rest] = args.slice(at);
await setUp((line) => void process.stderr.write(`${line}\n`));
const child = spawn(process.execPath, [...args.slice(0, at), join(PROJECT, 'dist/test', `${program}.js`), ...rest], { stdio: 'inherit' });
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => process.exit(code ?? 1));

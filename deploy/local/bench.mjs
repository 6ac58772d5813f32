import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT } from './install/cache.mjs';
import { setUp } from './setup.mjs';

// npm run bench:<name>: sets up and runs one benchmark of test/bench, with the arguments after `--`.

const [name = '', ...args] = process.argv.slice(2);
await setUp((line) => void process.stderr.write(`${line}\n`));
const child = spawn(process.execPath, [join(PROJECT, 'dist/test/bench', `${name}.js`), ...args], { stdio: 'inherit' });
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => process.exit(code ?? 1));

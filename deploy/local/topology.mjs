import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { readJson } from './folders.mjs';
import { PROJECT } from './install/cache.mjs';
import { setUp } from './setup.mjs';

// npm run topology apply | check | show: of the RabbitMQ that RABBITMQ_URL names, else of the one that `npm start` runs here.

const stack = readJson(join(PROJECT, '.jobline', 'stack.json'));
const running = process.env['RABBITMQ_URL'] || !stack ? {} : { RABBITMQ_URL: stack.rabbitmq, RABBITMQ_MANAGEMENT_URL: stack.management };

await setUp((line) => void process.stderr.write(`${line}\n`));
const program = join(PROJECT, 'dist', 'deploy', 'topology', 'main.js');
spawn(process.execPath, [program, ...process.argv.slice(2)], { env: { ...process.env, ...running }, stdio: 'inherit' }).once(
  'exit',
  (code) => process.exit(code ?? 1),
);

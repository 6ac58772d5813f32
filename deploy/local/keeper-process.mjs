import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { endProcess } from './processes.mjs';

// The process that keeper.mjs talks to over its standard input, one JSON line an order. At the end of input it ends
// what is guarded: services first, then servers, then their helpers, then containers and folders.

/** @typedef {{ pid?: number, startTime?: string, level?: string, graceMs?: number, path?: string, container?: string, isTemporary?: boolean }} Guarded */

/** @type {Map<string, Guarded>} */
const guarded = new Map();

// Ctrl-C reaches the whole terminal; the keeper ends when its owner has.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

/** @param {string} level */
async function endLevel(level) {
  const processes = [...guarded.values()].filter((one) => one.pid !== undefined && one.level === level);
  const ends = processes.map((one) =>
    endProcess({ pid: /** @type {number} */ (one.pid), startTime: one.startTime }, one.graceMs ?? 0).catch((error) =>
      process.stderr.write(`keeper: ${error.message}\n`),
    ),
  );
  await Promise.all(ends);
}

/** @param {Guarded} one */
function removeRest(one) {
  if (one.container) spawnSync('docker', one.isTemporary ? ['rm', '-f', one.container] : ['stop', one.container], { stdio: 'ignore' });
  if (one.path) rmSync(one.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: what, key, ...one } = JSON.parse(line);
  if (what === 'guard') guarded.set(key, one);
  else guarded.delete(key);
}
for (const level of ['service', 'server', 'helper']) await endLevel(level);
for (const one of guarded.values()) removeRest(one);

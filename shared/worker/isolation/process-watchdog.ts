import { readFileSync, writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { MEMORY_EXCEEDED, WATCHDOG_FD } from './process-messages.ts';

/**
 * A thread of the handler's process, so that it works while the handler blocks: ends the process when its parent is gone
 * (kill -9 of the worker leaves no handler behind) or when it takes more resident memory than it may.
 */
const CHECK_EVERY_MS = 100;
const { parentPid, maxBytes } = workerData as { parentPid: number; maxBytes: number };

/** Resident bytes of the whole process; cheaper and less blocking than process.memoryUsage. */
function residentBytes(): number {
  try {
    return Number(readFileSync('/proc/self/statm', 'latin1').split(' ')[1]) * 4_096;
  } catch {
    return process.memoryUsage.rss();
  }
}

setInterval(() => {
  if (process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL');
  if (residentBytes() > maxBytes) {
    writeSync(WATCHDOG_FD, MEMORY_EXCEEDED);
    process.kill(process.pid, 'SIGKILL');
  }
}, CHECK_EVERY_MS);

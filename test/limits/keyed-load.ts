import { setTimeout as delay } from 'node:timers/promises';
import { groupBy } from '../../shared/domain/group-by.ts';
import type { TestSystem } from '../support/test-system.ts';
import { mostAtOnce } from './at-once.ts';

export interface KeyedLoadOptions {
  readonly keys: number;
  readonly jobsPerKey: number;
  /** How long each stage works. */
  readonly waitMs: number;
  /** Services of which a process is killed, one after the other. */
  readonly kills: readonly string[];
  readonly betweenKillsMs: number;
  readonly endWithinMs: number;
}

export interface KeyedLoadResult {
  readonly jobs: number;
  /** State → jobs. */
  readonly ended: Readonly<Record<string, number>>;
  readonly killed: number;
  /** Of any key, how many of its handlers were at work at once. */
  readonly mostAtOnce: number;
  /** Handlers whose process died under them. */
  readonly cutOff: number;
}

/** Jobs of several concurrency keys with a limit of one, on two job types, while processes are killed with SIGKILL. */
export async function runKeyedLoad(system: TestSystem, options: KeyedLoadOptions): Promise<KeyedLoadResult> {
  const keyOf = new Map<string, string>();
  const wait = { p1: options.waitMs, p2: options.waitMs };
  for (let round = 0; round < options.jobsPerKey; round += 1) {
    for (let index = 0; index < options.keys; index += 1) {
      const key = `order/${index}`;
      const type = (round + index) % 2 === 0 ? 'hold' : 'hold-inline';
      keyOf.set(await system.submit(type, { waitMs: wait }, { concurrency: { key, limit: 1 } }), key);
    }
  }
  const diedAtMs = new Map<number, number>();
  for (const service of options.kills) {
    await delay(options.betweenKillsMs);
    const names = system.system.processes.filter((one) => one.service === service).map(({ name }) => name);
    const name = names[diedAtMs.size % Math.max(names.length, 1)];
    if (name === undefined) continue;
    // What is noted once it is dead may have happened a moment before: no later moment is claimed for it.
    for (const pid of await system.system.kill(name)) diedAtMs.set(pid, Date.now());
  }
  const ended = await system.untilAllEnded([...keyOf.keys()], options.endWithinMs);
  const byKey = groupBy(system.effects.all(), ({ jobId }) => keyOf.get(jobId) ?? 'none');
  const most = [...byKey.values()].map((effects) => mostAtOnce(effects, diedAtMs));
  const count = (what: string): number => system.effects.all().filter((one) => one.what === what).length;
  return {
    jobs: keyOf.size,
    ended,
    killed: diedAtMs.size,
    mostAtOnce: Math.max(...most),
    cutOff: count('started') - count('ended'),
  };
}

import { appendFileSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import type { ChaosWorld } from './chaos-world.ts';
import { expectClaimsExplained } from './claims-explained.ts';
import type { ClientLog } from './client-log.ts';
import type { CaseRun } from './run-failpoint-case.ts';
import { mountScratch } from './small-scratch.ts';

const JOBS = 20;
const WITHIN_MS = 120_000;
const EXAMPLES = 3;

/** A fault that is no failpoint. */
export interface DirectedCase {
  readonly name: string;
  run(world: ChaosWorld, client: ClientLog): Promise<Omit<CaseRun, 'tookMs'>>;
  /** When all has come to rest. @throws Error for what must not be. */
  atEnd?(world: ChaosWorld): Promise<void>;
}

interface Submission {
  readonly type?: string;
  readonly input?: object;
  readonly more?: object;
  /** Default 20. */
  readonly jobs?: number;
}

function submit(world: ChaosWorld, client: ClientLog, name: string, submission: Submission = {}): Promise<string[]> {
  const { type = 'chaos-inline', input = {}, more = {}, jobs = JOBS } = submission;
  const body = { type, input: { case: name, sink: world.sink.url, ...input }, ...more };
  return Promise.all(Array.from({ length: jobs }, (_, index) => client.submit(`${name.replaceAll(' ', '-')}-${index}`, body)));
}

function count(world: ChaosWorld, ids: readonly string[], more: object): Promise<number> {
  return world.jobs.countDocuments({ _id: { $in: [...ids] }, ...more } as object);
}

/** Waits until all are COMPLETED. @throws Error with some that are not. */
async function untilEnded(world: ChaosWorld, ids: readonly string[], more: object = {}): Promise<void> {
  const isEnded = async () => (await count(world, ids, { state: 'COMPLETED', ...more })) === ids.length;
  await eventually('all to end', isEnded, WITHIN_MS).catch(async (error: unknown) => {
    const open = await world.jobs.find({ _id: { $in: [...ids] }, state: { $ne: 'COMPLETED' } } as object).toArray();
    const examples = open.slice(0, EXAMPLES).map((one) => JSON.stringify(one));
    throw new Error([`${(error as Error).message}: ${open.length} are open`, ...examples].join('\n'));
  });
}

/** Puts a doorbell into a queue as a person does. */
async function ringByHand({ management: api }: ChaosWorld, queue: string, payload: string): Promise<void> {
  const message = { routing_key: queue, payload, payload_encoding: 'string', properties: { delivery_mode: 2 } };
  const { routed } = await api.post<{ routed: boolean }>(api.inVhost('exchanges', 'amq.default', 'publish'), message);
  if (!routed) throw new Error(`There is no queue ${queue}`);
}

const bellOf = (id: string, stage: number, gen: number) => JSON.stringify({ v: 1, stage, jobs: [{ id, gen }] });

/** All connections to the broker go dead without anybody being told: heartbeats find out, the relay rings what was under way. */
const halfOpen: DirectedCase = {
  name: 'half-open connections',
  run: async (world, client) => {
    const submitting = submit(world, client, halfOpen.name, { input: { waitMs: 200 } });
    await eventually('jobs at work', async () => (await world.jobs.countDocuments({ state: 'RUNNING' })) > 0, WITHIN_MS);
    const connections = world.amqp.halfOpen();
    if (connections === 0) throw new Error('There was no connection to break');
    const ids = await submitting;
    await untilEnded(world, ids);
    return { ids, proof: `${connections} connections went half-open, ${world.amqp.connections} are up` };
  },
};

/** Copies of a bell before, during and after its stage: none starts anything. */
const duplicated: DirectedCase = {
  name: 'doorbells duplicated by hand',
  run: async (world, client) => {
    const ids = await submit(world, client, duplicated.name, { input: { waitMs: 200 } });
    const ringAll = (stage: number, gen: number) =>
      Promise.all(ids.map((id) => ringByHand(world, `jobline.p${stage + 1}.standard`, bellOf(id, stage, gen))));
    await ringAll(0, 1);
    await untilEnded(world, ids);
    await Promise.all([ringAll(0, 1), ringAll(1, 2), ringAll(1, 3)]);
    await eventually('the copies to be gone', async () => (await waiting(world)) === 0, WITHIN_MS);
    await expectClaimsExplained(world, ids);
    return { ids, proof: `${4 * JOBS} copies rung, none has started a stage` };
  },
};

/** Messages in the stage queues. */
async function waiting({ management: api }: ChaosWorld): Promise<number> {
  const queues = await api.get<{ name: string; messages?: number }[]>(api.inVhost('queues'));
  return queues.filter(({ name }) => !name.endsWith('.dlq')).reduce((sum, { messages = 0 }) => sum + messages, 0);
}

/** Dead letters moved to their stage queue by hand, each twice: one replay each. */
const movedByHand: DirectedCase = {
  name: 'dead letters moved by hand',
  run: async (world, client) => {
    const ids = await submit(world, client, movedByHand.name, { input: { reject: { stage: 'p2', runs: 1 } } });
    const isDead = { state: 'FAILED', 'pub.due': { $exists: false } };
    await eventually('all to be dead letters', async () => (await count(world, ids, isDead)) === JOBS, WITHIN_MS);
    const { management: api } = world;
    const take = { count: JOBS, ackmode: 'ack_requeue_false', encoding: 'auto' };
    let moved = 0;
    // The janitor may hold some for a moment.
    await eventually(
      'all letters to be moved',
      async () => {
        const letters = await api.post<{ payload: string }[]>(api.inVhost('queues', 'jobline.p2.dlq', 'get'), take);
        for (const { payload } of letters) {
          await ringByHand(world, 'jobline.p2.standard', payload);
          await ringByHand(world, 'jobline.p2.standard', payload);
        }
        return (moved += letters.length) >= JOBS;
      },
      WITHIN_MS,
    );
    await untilEnded(world, ids, { run: 1 });
    return { ids, proof: `${moved} letters moved twice, each job was replayed once` };
  },
};

/** A queue emptied by hand while its worker stands still: the audit finds the bells that are gone, a minute or two later. */
const purged: DirectedCase = {
  name: 'queue purged',
  run: async (world, client) => {
    const { management: api } = world;
    const ready = async () =>
      (await api.get<{ messages_ready?: number }>(api.inVhost('queues', 'jobline.p1.standard'))).messages_ready ?? 0;
    const pids = world.pidsOf('worker');
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      const ids = await submit(world, client, purged.name);
      await eventually('all to be rung', async () => (await count(world, ids, { 'pub.due': { $exists: false } })) === JOBS, WITHIN_MS);
      await eventually('the broker to count them', async () => (await ready()) > 0, WITHIN_MS);
      const gone = await ready();
      await api.delete(api.inVhost('queues', 'jobline.p1.standard', 'contents'));
      return { ids, proof: `${gone} doorbells purged` };
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
  },
  atEnd: async (world) => {
    if (auditRounds(world) === 0) throw new Error('The audit has found nothing');
  },
};

/** Rounds of the audit that found lost bells. */
export function auditRounds({ system }: ChaosWorld): number {
  return system.logs.filter(({ line }) => line.includes('"audit-lost-bells"') && line.includes('did its work')).length;
}

const OUTPUT_COLLECTIONS = ['outputs', 'files.files'];

/** The store refuses outputs for a while: the attempts fail and are made again; none counts as a crash. */
const failingOutputs: DirectedCase = {
  name: 'failing output store',
  run: async (world, client) => {
    const setValidator = (validator: object) =>
      Promise.all(OUTPUT_COLLECTIONS.map((name) => world.db.command({ collMod: name, validator, validationAction: 'error' })));
    const failures = () => world.logged('attempt failed');
    const before = failures();
    await setValidator({ nothing: 'is right' });
    let submitting: Promise<string[]>;
    try {
      submitting = submit(world, client, failingOutputs.name, { more: { max_attempts: 25 } });
      await eventually('attempts to fail', () => failures() > before, WITHIN_MS);
    } finally {
      await setValidator({});
    }
    const ids = await submitting;
    const failed = failures() - before;
    await untilEnded(world, ids);
    if ((await count(world, ids, { 'log.event': { $in: ['lease_lost', 'crash_loop'] } })) > 0)
      throw new Error('An output that could not be stored was taken for a crash of the worker');
    return { ids, proof: `${failed} attempts failed` };
  },
};

/** Files that a handler is given do not fit into the worker's scratch folder: the attempts fail and are made again. */
export const FULL_DISK_CASE: DirectedCase = {
  name: 'full disk under the scratch folder',
  run: async (world, client) => {
    const filler = join(world.scratch!, 'filler');
    const isTold = async () => (await world.jobs.countDocuments({ 'log.code': 'scratch_full' } as object)) > 0;
    let submitting: Promise<string[]>;
    fill(filler);
    try {
      submitting = submit(world, client, FULL_DISK_CASE.name, { type: 'chaos-thread', more: { max_attempts: 25 } });
      await eventually('a full disk to be noticed', isTold, WITHIN_MS);
    } finally {
      rmSync(filler);
    }
    const ids = await submitting;
    await untilEnded(world, ids);
    return { ids, proof: `${await count(world, ids, { 'log.code': 'scratch_full' })} jobs met the full disk` };
  },
};

/** Writes until no byte more has room. */
function fill(file: string): void {
  for (const bytes of [1_048_576, 4_096]) {
    try {
      for (;;) appendFileSync(file, Buffer.alloc(bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}

/** A folder on a small disk of its own, or undefined where this user may not mount one. */
export function smallScratch(): { readonly path: string; remove(): void } | undefined {
  const path = mkdtempSync(join(tmpdir(), 'jobline-small-'));
  try {
    const unmount = mountScratch(path);
    return {
      path,
      remove: () => {
        unmount();
        rmdirSync(path);
      },
    };
  } catch {
    rmdirSync(path);
    return undefined;
  }
}

const CUTS = 2;

/** A slow job at work, and quick ones that came later and are done. */
async function overtaken(world: ChaosWorld, client: ClientLog, name: string): Promise<readonly string[]> {
  const slow = await submit(world, client, `${name} slow`, { jobs: 1, input: { waitMs: { p1: 2_500 } } });
  await eventually('the slow job at work', async () => (await count(world, slow, { state: 'RUNNING' })) === 1, WITHIN_MS);
  const quick = await submit(world, client, `${name} quick`, { jobs: 3 });
  await untilEnded(world, quick);
  return [...slow, ...quick];
}

/**
 * Later messages are done before an earlier one: acknowledgements must not reach past it. Then connections go while handlers are
 * at work, and are back before these are done: acknowledgements of messages of old channels, whose tags the new ones do not have yet.
 */
const cutUnderWork: DirectedCase = {
  name: 'connections cut under work',
  run: async (world, client) => {
    const ids = await overtaken(world, client, cutUnderWork.name);
    await untilEnded(world, ids);
    const all = [...ids];
    for (let done = 0; done < CUTS; done += 1) {
      all.push(...(await overtaken(world, client, `${cutUnderWork.name} ${done}`)));
      world.amqp.cut();
      await eventually('connections to be back', async () => world.amqp.connections > 0, WITHIN_MS);
      await untilEnded(world, all);
    }
    return { ids: all, proof: `cut ${CUTS} times` };
  },
};

export const DIRECTED_CASES: readonly DirectedCase[] = [purged, duplicated, movedByHand, failingOutputs, halfOpen, cutUnderWork];

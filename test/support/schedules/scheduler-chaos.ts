import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { eventually } from '../eventually.ts';
import { localModule } from '../local-stack.ts';
import { TestSystem } from '../test-system.ts';
import { oracleTicks } from './tick-oracle.ts';

const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'] as const;
/** Both changes of the clocks of every zone lie in the year before. */
const BACK_MS = 400 * 86_400_000;
const LIVE = '* * * * * *';
const MISSED = '30 1,2 * * *';
const TURN_MS = 1_500;
const PAUSE_MS = 1_000;
const SCHEDULERS = ['scheduler', 'scheduler-b', 'scheduler-c'] as const;

/** What the ledgers say beside what they should, and the jobs that there are. */
export interface ScheduleVerdict {
  readonly what: string;
  readonly expected: readonly string[];
  readonly found: readonly string[];
  readonly jobIds: readonly string[];
  readonly storedJobs: number;
}

interface LedgerLine {
  readonly createdAt: Date;
  readonly state: string;
  readonly jobId?: string;
}

interface Stored {
  readonly _id: string;
  readonly cursorAt: Date;
  readonly outbox: readonly unknown[];
}

/** Real schedulers, two of which have clocks of their own. */
export class SchedulerChaos {
  readonly #folder = mkdtempSync(join(tmpdir(), 'jobline-schedules-'));
  readonly #clockFile = join(this.#folder, 'clock');
  #system: TestSystem | undefined;
  /** By scheduler: its latest start. */
  readonly #started = new Map<string, Promise<unknown>>();

  get system(): TestSystem {
    return this.#system!;
  }

  async start(): Promise<void> {
    const { findFaketime } = await localModule<{ findFaketime(log: () => void): Promise<string> }>('install/find-faketime.mjs');
    this.#setClock(0);
    const faketime = { FAKETIME_TIMESTAMP_FILE: this.#clockFile, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
    const env = { LD_PRELOAD: await findFaketime(() => undefined), ...faketime };
    const main = join(projectRoot(), 'dist/services/scheduler/main.js');
    const [first, ...clocked] = SCHEDULERS;
    this.#system = await TestSystem.start({
      // A supervisor would wait longer after each kill.
      restart: false,
      services: ['gateway', first, ...clocked.map((name) => ({ name, main, env }))],
    });
  }

  async stop(): Promise<void> {
    await this.#system?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Two schedules a zone: one that ticks each second, and one that missed more than a year. @returns their ids with expression and zone. */
  async make(): Promise<readonly { readonly id: string; readonly expression: string; readonly zone: string }[]> {
    const made: { id: string; expression: string; zone: string }[] = [];
    for (const zone of ZONES) {
      for (const expression of [LIVE, MISSED]) made.push({ id: await this.#create(expression, zone), expression, zone });
    }
    return made;
  }

  /** Kills the schedulers in turn while clocks jump by an hour to and fro and one is paused and finds its clock ten minutes on. */
  async trouble(forMs: number): Promise<void> {
    const untilMs = performance.now() + forMs;
    for (let turn = 0; performance.now() < untilMs; turn += 1) {
      const name = SCHEDULERS[turn % SCHEDULERS.length]!;
      this.#setClock([3_600, -3_600, 0][turn % 3]!);
      await this.#started.get(name);
      if (turn % 4 === 3) await this.#pause(name);
      else await this.#kill(name);
      await new Promise((resolve) => setTimeout(resolve, TURN_MS));
    }
    await Promise.all(this.#started.values());
  }

  /** Waits until a schedule owes nothing, and compares its ledger and its jobs with the oracle. */
  async judge({ id, expression, zone }: { id: string; expression: string; zone: string }, from: Date): Promise<ScheduleVerdict> {
    const { db } = this.system;
    await this.system.request('POST', `/v1/schedules/${id}/pause`);
    const schedules = db.collection<Stored>('schedules');
    await eventually('the outbox to be empty', async () => (await schedules.findOne({ _id: id }))!.outbox.length === 0, 30_000);
    const { cursorAt } = (await schedules.findOne({ _id: id }))!;
    const [expected] = await oracleTicks([{ expression, zone, from, until: cursorAt }]);
    const ledger = db.collection<LedgerLine & { scheduleId: string }>('schedule_ticks');
    const lines = await ledger
      .find({ scheduleId: id, createdAt: { $lte: cursorAt } })
      .sort({ createdAt: 1 })
      .toArray();
    const paused = lines.filter(({ state }) => state === 'skipped').length;
    const storedJobs = await db.collection('jobs').countDocuments({ tags: `schedule:${id}` });
    return {
      what: `${expression} in ${zone}`,
      expected: expected!.map((at) => at.toISOString()),
      found: lines.map(({ createdAt }) => createdAt.toISOString()),
      jobIds: lines.flatMap(({ jobId }) => jobId ?? []),
      storedJobs: storedJobs + paused,
    };
  }

  /** As if nobody had been there for more than a year. @returns where it begins. */
  async miss(id: string): Promise<Date> {
    const schedules = this.system.db.collection<Stored & { dueAt: Date; nextAt: Date; version: number }>('schedules');
    const { cursorAt } = (await schedules.findOne({ _id: id }))!;
    const from = new Date(cursorAt.getTime() - BACK_MS);
    await schedules.updateOne({ _id: id }, { $set: { cursorAt: from, nextAt: from, dueAt: from }, $inc: { version: 1 } });
    return from;
  }

  async #create(cron: string, time_zone: string): Promise<string> {
    const job = { type: 'report', input: { rows: [{ city: 'Wien', price: 1 }] }, options: { title: '{{tick.scheduled_at}}' } };
    const catch_up = { policy: 'all', max: 1_000 };
    const { status, body } = await this.system.request('POST', '/v1/schedules', { name: cron, cron, time_zone, job, catch_up });
    if (status !== 201) throw new Error(`POST /v1/schedules answered ${status}: ${JSON.stringify(body)}`);
    return body['schedule_id'] as string;
  }

  /** It is started again at once; its next turn waits until it is ready. */
  async #kill(name: string): Promise<void> {
    await this.system.system.kill(name);
    const start = this.system.system.spawnService(name);
    start.catch(() => undefined);
    this.#started.set(name, start);
  }

  async #pause(name: string): Promise<void> {
    await this.system.system.kill(name, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    this.#setClock(600);
    await this.system.system.kill(name, 'SIGCONT');
  }

  #setClock(offsetSeconds: number): void {
    writeFileSync(this.#clockFile, `${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}s\n`);
  }
}

/** Lives through it. @returns a verdict a schedule. */
export async function liveThrough(chaos: SchedulerChaos, forMs: number): Promise<readonly ScheduleVerdict[]> {
  const made = await chaos.make();
  const begun: Date[] = [];
  for (const { id, expression } of made) begun.push(expression === MISSED ? await chaos.miss(id) : await firstOf(chaos, id));
  await chaos.trouble(forMs);
  const verdicts: ScheduleVerdict[] = [];
  for (const [index, one] of made.entries()) verdicts.push(await chaos.judge(one, begun[index]!));
  return verdicts;
}

/** A schedule that ticks already began when it was made. */
async function firstOf(chaos: SchedulerChaos, id: string): Promise<Date> {
  const { body } = await chaos.system.request('GET', `/v1/schedules/${id}`);
  return new Date(body['created_at'] as string);
}

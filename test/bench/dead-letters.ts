import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Document } from 'mongodb';
import { errorFingerprint } from '../../shared/domain/dead-letters/fingerprint.ts';
import { TestSystem } from '../support/test-system.ts';
import { type Verdict, verdictLine, verdictTable } from './report/verdicts.ts';
import { whole } from './suite/option-values.ts';
import { orExit } from './suite/or-exit.ts';

/**
 * Very many dead letters (issue 8): how fast they are listed and grouped, whether a replay holds its rate, survives kill -9 of
 * the scheduler, replays nothing twice, stops by itself and is aborted in a second. `npm run bench:dead-letters -- --letters 100000`.
 */
const USAGE = `npm run bench:dead-letters -- [option ...]

--letters <n>   dead letters (100000)
--rate <n>      jobs replayed a second (500)
--kills <n>     times that the scheduler is killed by SIGKILL meanwhile (5), a minute apart; its supervisor starts it again
--help          this`;
const BATCH = 2_000;
const CAUSES = 50;
const LOOKS = 7;
/** Counted in whole seconds of two clocks: a tick more may fall into one. */
const RATE_MARGIN = 1.15;
/** The supervisor forgets a crash after a minute: sooner, and it would wait longer each time. */
const KILL_EVERY_MS = 65_000;

interface Load {
  readonly count: number;
  readonly perSecond: number;
  readonly kills: number;
}

interface Replay extends Record<string, unknown> {
  readonly replay_id: string;
  readonly digest: string;
  readonly state: string;
  readonly counts?: Readonly<Record<string, number>>;
}

const { values } = parseArgs({
  options: {
    letters: { type: 'string', default: '100000' },
    rate: { type: 'string', default: '500' },
    kills: { type: 'string', default: '5' },
    help: { type: 'boolean' },
  },
});

/** Jobs of a type that has failed at its first stage, as the engine leaves them. @param runsOf how many runs of the nth fail. @param cause of all. */
async function putDead(system: TestSystem, type: string, count: number, runsOf: (n: number) => number, cause?: string): Promise<void> {
  const doneAtMs = Date.now() - 60_000;
  const recordOf = (n: number): Document => {
    const err = {
      code: 'test_reject',
      message: cause ?? `Cause ${String.fromCharCode(97 + (n % 26))}${'x'.repeat(n % CAUSES)}`,
      errorClass: 'reject',
    };
    return {
      _id: `${randomUUID()}`,
      tenant: 'default',
      reqHash: 'x',
      type,
      pipelineVersion: 1,
      lane: 'standard',
      state: 'FAILED',
      stage: 0,
      run: 0,
      gen: 2,
      epoch: 1,
      attempt: 1,
      crashes: 0,
      results: [],
      log: [],
      evt: { seq: 1 },
      pub: { at: new Date(doneAtMs) },
      err: { ...err, fingerprint: errorFingerprint(err) },
      payload: JSON.stringify({ input: { poison: { stage: 'p1', how: 'reject', runs: runsOf(n) } }, options: {} }),
      createdAt: new Date(doneAtMs - 1_000),
      doneAt: new Date(doneAtMs - n),
      expireAt: new Date(doneAtMs + 86_400_000),
      schemaVersion: 1,
    };
  };
  const jobs = system.db.collection('jobs');
  for (let from = 0; from < count; from += BATCH) {
    await jobs.insertMany(Array.from({ length: Math.min(BATCH, count - from) }, (_, n) => recordOf(from + n)));
  }
}

/** Median of the times of a GET, ms. */
async function timed(system: TestSystem, path: string): Promise<number> {
  const times: number[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    const startMs = performance.now();
    const { status } = await system.request('GET', path);
    if (status !== 200) throw new Error(`${path} answered ${status}`);
    times.push(performance.now() - startMs);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(LOOKS / 2)]!;
}

async function applied(system: TestSystem, type: string, more: Record<string, unknown>): Promise<string> {
  const { body: plan } = await system.request<Replay>('POST', '/admin/v1/replays', { filter: { type }, step_timeout_s: 120, ...more });
  const { status, body } = await system.request('POST', `/admin/v1/replays/${plan.replay_id}/apply`, { digest: plan.digest });
  if (status !== 202) throw new Error(`apply answered ${status}: ${JSON.stringify(body)}`);
  return plan.replay_id;
}

const read = async (system: TestSystem, id: string) => (await system.request<Replay>('GET', `/admin/v1/replays/${id}`)).body;

async function untilEnded(system: TestSystem, id: string): Promise<Replay> {
  for (;;) {
    const replay = await read(system, id);
    if (replay['ended_at'] !== undefined) return replay;
    await delay(200);
  }
}

/** The most replays that the log shows in any one second. */
async function busiestSecond(system: TestSystem, type: string): Promise<number> {
  const second = { $dateTrunc: { date: '$log.at', unit: 'second' } };
  const stages = [{ $match: { type } }, { $unwind: '$log' }, { $match: { 'log.event': 'replayed' } }];
  const rows = system.db.collection('jobs').aggregate<{ n: number }>([...stages, { $group: { _id: second, n: { $sum: 1 } } }]);
  return Math.max(0, ...(await rows.toArray()).map(({ n }) => n));
}

const verdict = (what: string, is: string, bar: string, isMet: boolean): Verdict => ({ what, is, bar, isMet });

async function lists(system: TestSystem): Promise<readonly Verdict[]> {
  const asked = ['', '/groups', '?stage=p1', '?tenant=default&type=noop', '?tenant=nobody'];
  const verdicts: Verdict[] = [];
  for (const path of asked) {
    const ms = await timed(system, `/admin/v1/dead-letters${path}`);
    verdicts.push(verdict(`GET /admin/v1/dead-letters${path}, median`, `${ms.toFixed(0)} ms`, '< 300 ms', ms < 300));
  }
  return [...verdicts, await ignoring(system)];
}

/** The largest group is ignored: its letters are left out, which must cost no look at each. */
async function ignoring(system: TestSystem): Promise<Verdict> {
  const { body } = await system.request<{ groups: { group_id: string }[] }>('GET', '/admin/v1/dead-letters/groups');
  const group = `/admin/v1/dead-letters/groups/${body.groups[0]!.group_id}`;
  await system.request('POST', `${group}/ignore`, { until: new Date(Date.now() + 3_600_000).toISOString() });
  const ms = Math.max(await timed(system, '/admin/v1/dead-letters'), await timed(system, '/admin/v1/dead-letters/groups'));
  await system.request('POST', `${group}/reopen`);
  return verdict('List and groups without the largest group, ignored, median', `${ms.toFixed(0)} ms`, '< 300 ms', ms < 300);
}

async function rate(system: TestSystem, { count, perSecond, kills: most }: Load): Promise<readonly Verdict[]> {
  const startMs = performance.now();
  const id = await applied(system, 'noop', { rate_per_second: perSecond, ramp_percent: [1, 5, 20, 100] });
  let kills = 0;
  const killing = setInterval(() => {
    if (kills < most) void system.system.kill('scheduler').then((killed) => (kills += killed.length));
  }, KILL_EVERY_MS);
  const { state, counts, reason } = await untilEnded(system, id).finally(() => clearInterval(killing));
  const seconds = (performance.now() - startMs) / 1_000;
  const busiest = await busiestSecond(system, 'noop');
  const twice = await system.db.collection('jobs').countDocuments({ type: 'noop', run: { $ne: 1 } });
  const seen = `${state}${reason === undefined ? '' : `: ${String(reason)}`}, ${JSON.stringify(counts)}, ${seconds.toFixed(0)} s, ${kills} times kill -9`;
  return [
    verdict(`Replay of ${count.toLocaleString('en-US')}`, seen, 'done, all completed', state === 'done' && counts?.['completed'] === count),
    verdict(
      'Replays in the busiest second',
      String(busiest),
      `≤ ${(perSecond * RATE_MARGIN).toFixed(0)}`,
      busiest <= perSecond * RATE_MARGIN,
    ),
    verdict('Jobs replayed not at all or twice', String(twice), '0', twice === 0),
  ];
}

async function stops(system: TestSystem): Promise<readonly Verdict[]> {
  // Of one cause they are taken in the order of their failures: each tenth of the canary fails again.
  await putDead(system, 'poison-inline', 1_000, (n) => (n % 10 === 0 ? 99 : 0), 'One cause');
  const { state, counts } = await untilEnded(system, await applied(system, 'poison-inline', { ramp_percent: [5, 100] }));
  const isMet = state === 'stopped' && counts?.['failed'] === 5 && counts['completed'] === 45 && counts['pending'] === 950;
  return [verdict('A canary of 50, of which 5 fail', `${state}, ${JSON.stringify(counts)}`, 'stopped after it', isMet)];
}

async function aborted(system: TestSystem): Promise<readonly Verdict[]> {
  await putDead(system, 'wait-inline', 1_000, () => 0);
  const id = await applied(system, 'wait-inline', { rate_per_second: 20, ramp_percent: [100] });
  while (((await read(system, id)).counts?.['completed'] ?? 0) < 5) await delay(100);
  const startMs = performance.now();
  await system.request('POST', `/admin/v1/replays/${id}/abort`);
  const { state } = await untilEnded(system, id);
  const ms = performance.now() - startMs;
  return [verdict('An abort', `${state} after ${ms.toFixed(0)} ms`, 'aborted within 1 s', state === 'aborted' && ms < 1_000)];
}

if (values.help) {
  process.stdout.write(`${USAGE}\n`);
} else {
  const load = orExit(USAGE, () => ({
    count: whole('letters', values.letters, 100),
    perSecond: whole('rate', values.rate, 1),
    kills: whole('kills', values.kills, 0),
  }));
  const system = await TestSystem.start({ ownServers: true, restart: true });
  try {
    await putDead(system, 'noop', load.count, () => 0);
    const verdicts: Verdict[] = [...(await lists(system))];
    for (const part of [() => rate(system, load), () => stops(system), () => aborted(system)]) verdicts.push(...(await part()));
    process.stdout.write(`${verdictTable(verdicts)}\n\n${verdictLine(verdicts)}\n`);
    if (verdicts.some(({ isMet }) => !isMet)) process.exitCode = 1;
  } finally {
    await system.stop();
  }
}

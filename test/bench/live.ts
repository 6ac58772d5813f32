import { setTimeout as delay } from 'node:timers/promises';
import { EventSourceClient } from '../support/event-source.ts';
import { eventually } from '../support/eventually.ts';
import { TestSystem } from '../support/test-system.ts';
import { compared, type SeenEvent } from './live/compared.ts';
import { GatewayWatch } from './live/gateway-watch.ts';
import { type LiveOptions, parseOptions, USAGE } from './live/options.ts';
import { WrittenHistory } from './live/written-history.ts';

/** Stages of this length keep all jobs at work while servers and gateway go and come. */
const SHORTEST_MS = 1_000;
const LONGEST_MS = 8_000;
const END_WITHIN_MS = 300_000;
const RETRIED_EACH = 10;

interface Listener {
  readonly id: string;
  readonly source: EventSourceClient;
  readonly seen: SeenEvent[];
}

function optionsOrExit(): LiveOptions {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (!options.isHelp) return options;
    console.log(USAGE);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(64);
  }
  process.exit(0);
}

const between = () => Math.round(SHORTEST_MS + Math.random() * (LONGEST_MS - SHORTEST_MS));

/** Each tenth job fails once in its second stage; the others wait in both. */
async function submit(system: TestSystem, n: number): Promise<string> {
  if (n % RETRIED_EACH === 0) return system.submit('poison-inline', { poison: { stage: 'p2', how: 'throw', attempts: 1 } });
  return system.submit('wait-inline', { waitMs: { p1: between(), p2: between() } });
}

function listen(system: TestSystem, id: string): Listener {
  const seen: SeenEvent[] = [];
  const source = new EventSourceClient(`${system.system.api}/v1/jobs/${id}/events`, {
    retriesWhenRefused: true,
    onEvent: (event) => seen.push({ id: event.id, status: String(event.data['status']), atMs: Date.now() }),
  });
  return { id, source, seen };
}

/** Submissions, each with its client; those that meet a gateway that is away are tried again. */
async function submitAll(system: TestSystem, { clients, rate }: LiveOptions, listeners: Listener[]): Promise<void> {
  const startedAtMs = performance.now();
  for (let n = 0; n < clients; n += 1) {
    await delay(startedAtMs + (n / rate) * 1_000 - performance.now());
    const id = await eventuallySubmitted(system, n);
    listeners.push(listen(system, id));
  }
}

async function eventuallySubmitted(system: TestSystem, n: number): Promise<string> {
  for (;;) {
    try {
      return await submit(system, n);
    } catch {
      await delay(200);
    }
  }
}

/** What happens while the jobs run. */
async function disturb(system: TestSystem, note: (what: string) => void): Promise<void> {
  note('restarting RabbitMQ');
  await system.system.rabbitmq.restart();
  note('RabbitMQ is back');
  await delay(2_000);
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    note(`ending the gateway by ${signal}`);
    await system.system.kill('gateway', signal);
    await eventually(
      'the gateway answers again',
      () =>
        fetch(`${system.system.api}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      60_000,
    );
    note('the gateway is back');
    await delay(2_000);
  }
}

const percentile = (sorted: readonly number[], share: number) =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);

function report(listeners: readonly Listener[], history: WrittenHistory, watch: GatewayWatch, emptyMb: number): number {
  const results = listeners.map(({ id, seen }) => compared(history.of(id), seen));
  const wrong = results.flatMap(({ problems }, index) => problems.map((problem) => `${listeners[index]!.id}: ${problem}`));
  for (const problem of wrong.slice(0, 10)) console.log(`  ${problem}`);
  const { residentMb, loopLagP99Ms, loopLagMaxMs, listeners: most } = watch.stop();
  const lags = results.flatMap(({ lagsMs }) => lagsMs).toSorted((a, b) => a - b);
  const events = listeners.reduce((sum, { seen }) => sum + seen.length, 0);
  const resumed = listeners.filter(({ source }) => source.connections > 2).length;
  console.log(`events received            ${events}, of ${listeners.length} jobs; ${resumed} clients were cut off and went on`);
  console.log(`from write to client       p50 ${percentile(lags, 0.5)} ms, p95 ${percentile(lags, 0.95)} ms, restarts included`);
  console.log(`gateway, resident memory   ${emptyMb} MiB without clients, at most ${residentMb} MiB with ${most}`);
  console.log(`gateway, event-loop lag    p99 of a second at most ${loopLagP99Ms.toFixed(0)} ms, longest ${loopLagMaxMs.toFixed(0)} ms`);
  const broken = results.filter(({ problems }) => problems.length > 0).length;
  console.log(
    broken > 0
      ? `FAIL: ${broken} of ${listeners.length} clients were not told each change once, in order`
      : `PASS: ${listeners.length} clients, each told each change of its job once, in order`,
  );
  return broken > 0 ? 1 : 0;
}

async function run(options: LiveOptions): Promise<number> {
  const startedAtMs = performance.now();
  const note = (what: string) => console.log(`${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s: ${what}`);
  const most = String(options.clients * 2);
  const system = await TestSystem.start({
    ownServers: true,
    env: { LEASE_MS: '15000', MAX_LISTENERS: most, MAX_LISTENERS_PER_CLIENT: most },
  });
  const listeners: Listener[] = [];
  try {
    const history = await new WrittenHistory(system.db).ready();
    const watch = new GatewayWatch(system.system.admin);
    const { residentMb } = await watch.look();
    note(`submitting ${options.clients} jobs, ${options.rate} a second`);
    const submitted = submitAll(system, options, listeners);
    await eventually('half of the jobs are listened to', () => listeners.length >= options.clients / 2, END_WITHIN_MS);
    await disturb(system, note);
    await submitted;
    note('all are submitted');
    await eventually('all clients are told the end', () => listeners.every(({ source }) => source.closedBy === 204), END_WITHIN_MS).catch(
      (error: unknown) => note((error as Error).message),
    );
    note('comparing');
    await history.close();
    return report(listeners, history, watch, residentMb);
  } finally {
    for (const { source } of listeners) source.close();
    await system.stop();
  }
}

process.exit(await run(optionsOrExit()));

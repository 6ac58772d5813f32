import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { cpus } from 'node:os';
import { commandLine, wholeOrExit } from '../support/command-line.ts';
import { TestSystem } from '../support/test-system.ts';

const USAGE = `npm run bench:topologies -- [option ...]

Compares TOPOLOGY=per-stage with TOPOLOGY=single, each with two worker processes, interleaved, and prints a Markdown table of medians
with ranges.

--repeats <n>     (3)
--jobs <n>        of each (2000)
--output <file>   writes the table there too
--help            this`;

type Topology = 'per-stage' | 'single';
type Figures = Readonly<Record<string, number>>;

const TOPOLOGIES: readonly Topology[] = ['per-stage', 'single'];
const CONNECTIONS = 32;
const LONE_JOBS = 150;
const SLOW_JOBS = 24;
const RETRIED_JOBS = 60;

const { values } = commandLine({
  usage: USAGE,
  options: {
    repeats: { type: 'string', default: '3' },
    jobs: { type: 'string', default: '2000' },
    output: { type: 'string' },
  },
});

const [repeats, jobsEach] = [wholeOrExit('repeats', values.repeats, USAGE), wholeOrExit('jobs', values.jobs, USAGE)];

const percentile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
const ascending = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

/** POSTs over keep-alive connections; fetch would cost more than the gateway. */
function poster(system: TestSystem) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const { hostname, port } = new URL(system.system.api);
  const post = (body: string) =>
    new Promise<string>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const sent = request({ agent, hostname, port, path: '/v1/jobs', method: 'POST', headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () =>
          response.statusCode === 202 ? resolve((JSON.parse(text) as { job_id: string }).job_id) : reject(new Error(text)),
        );
      });
      sent.on('error', reject).end(body);
    });
  return { post, end: () => agent.destroy() };
}

/** Waits until no job is active, asking seldom: the question costs the database something. */
async function drained(system: TestSystem): Promise<void> {
  while ((await system.db.collection('jobs').countDocuments({ active: true }, { limit: 1 })) > 0) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function throughput(system: TestSystem, count: number): Promise<Figures> {
  const { post, end } = poster(system);
  const startedAtMs = performance.now();
  let left = count;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (left-- > 0) await post(JSON.stringify({ type: 'noop', input: {} }));
    }),
  );
  await drained(system);
  end();
  return { 'no-op jobs/s, POST to COMPLETED': count / ((performance.now() - startedAtMs) / 1_000) };
}

async function loneLatency(system: TestSystem): Promise<Figures> {
  const { post, end } = poster(system);
  const ids: string[] = [];
  for (let n = 0; n < LONE_JOBS; n += 1) {
    const id = await post(JSON.stringify({ type: 'noop', input: {} }));
    await system.untilAllEnded([id]);
    ids.push(id);
  }
  end();
  const jobs = await system.db
    .collection<{ _id: string; createdAt: Date; doneAt: Date }>('jobs')
    .find({ _id: { $in: ids } })
    .toArray();
  const tookMs = ascending(jobs.map(({ createdAt, doneAt }) => doneAt.getTime() - createdAt.getTime()));
  return { 'lone job, ms, p50': percentile(tookMs, 0.5), 'lone job, ms, p95': percentile(tookMs, 0.95) };
}

interface Staged {
  readonly _id: string;
  readonly results: readonly { readonly startedAt: Date; readonly at: Date }[];
}

/** How long a finished P1 waits for its P2 while more P1 work is queued than slots. */
async function handover(system: TestSystem): Promise<Figures> {
  const ids = await Promise.all(Array.from({ length: SLOW_JOBS }, () => system.submit('wait', { waitMs: { p1: 500, p2: 20 } })));
  await system.untilAllEnded(ids, 120_000);
  const jobs = await system.db
    .collection<Staged>('jobs')
    .find({ _id: { $in: ids } })
    .toArray();
  const waitedMs = ascending(jobs.map(({ results: [p1, p2] }) => p2!.startedAt.getTime() - p1!.at.getTime()));
  const first = Math.min(...jobs.map(({ results }) => results[1]!.at.getTime() - results[0]!.startedAt.getTime()));
  return {
    'P2 waits behind queued P1 work, ms, p50': percentile(waitedMs, 0.5),
    'P2 waits behind queued P1 work, ms, max': waitedMs.at(-1)!,
    'first finished job, ms after its start': first,
  };
}

/** Jobs whose P2 fails once, beside healthy ones: how long the retried ones and the healthy ones take. */
async function retries(system: TestSystem): Promise<Figures> {
  const failing = { poison: { stage: 'p2', how: 'throw', attempts: 1 } };
  const pairs = await Promise.all(
    Array.from({ length: RETRIED_JOBS }, async () => [await system.submit('poison-inline', failing), await system.submit('noop')] as const),
  );
  await system.untilAllEnded(pairs.flat(), 120_000);
  const took = async (ids: readonly string[]) => {
    const jobs = await system.db
      .collection<{ _id: string; createdAt: Date; doneAt: Date }>('jobs')
      .find({ _id: { $in: [...ids] } })
      .toArray();
    return percentile(ascending(jobs.map(({ createdAt, doneAt }) => doneAt.getTime() - createdAt.getTime())), 0.5);
  };
  return {
    'job retried once (P2), ms, p50': await took(pairs.map(([id]) => id)),
    'healthy job beside them, ms, p50': await took(pairs.map(([, id]) => id)),
  };
}

/** What an operator sees and the broker carries. */
async function infrastructure(system: TestSystem): Promise<Figures> {
  const management = new URL(system.system.managementUrl!);
  const authorization = `Basic ${Buffer.from(`${management.username}:${management.password}`).toString('base64')}`;
  const count = async (what: string) =>
    ((await (await fetch(`${management.origin}/api/${what}`, { headers: { authorization } })).json()) as unknown[]).length;
  return {
    queues: await count('queues'),
    consumers: await count('consumers'),
    connections: await count('connections'),
    channels: await count('channels'),
  };
}

async function measure(topology: Topology, jobs: number): Promise<Figures> {
  const scale: Record<string, number> = topology === 'single' ? { 'single-worker': 2 } : {};
  const system = await TestSystem.start({ topology, ownServers: true, scale, env: { LEASE_MS: '30000' } });
  try {
    // The first jobs pay for compiling and for connections.
    await throughput(system, 200);
    return {
      ...(await throughput(system, jobs)),
      ...(await loneLatency(system)),
      ...(await handover(system)),
      ...(await retries(system)),
      ...(await infrastructure(system)),
    };
  } finally {
    await system.stop();
  }
}

const shown = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, ''));

function row(name: string, runs: ReadonlyMap<Topology, readonly Figures[]>): string {
  const cells = TOPOLOGIES.map((topology) => {
    const sorted = ascending(runs.get(topology)!.map((figures) => figures[name]!));
    const [least, median, most] = [sorted[0]!, percentile(sorted, 0.5), sorted.at(-1)!];
    return least === most ? shown(median) : `${shown(median)} (${shown(least)}-${shown(most)})`;
  });
  return `| ${name} | ${cells.join(' | ')} |`;
}

const runs = new Map<Topology, Figures[]>(TOPOLOGIES.map((topology) => [topology, []]));
for (let repeat = 0; repeat < repeats; repeat += 1) {
  for (const topology of TOPOLOGIES) {
    runs.get(topology)!.push(await measure(topology, jobsEach));
    process.stderr.write(`run ${repeat + 1} of ${repeats}, ${topology}: ${JSON.stringify(runs.get(topology)!.at(-1))}\n`);
  }
}
const names = Object.keys(runs.get('per-stage')![0]!);
const table = ['| | per-stage | single |', '| --- | --- | --- |', ...names.map((name) => row(name, runs))].join('\n');
const [processor] = cpus();
const text = `${table}\n\nMedians of ${repeats} interleaved runs, ranges in brackets; ${cpus().length} cores (${processor?.model}), Node ${process.version}; two worker processes each.\n`;
process.stdout.write(text);
if (values.output !== undefined) writeFileSync(values.output, text);
process.exit(0);

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

// Runs where Temporal's SDK is installed: `temporal-part.mjs client|p1|p2 <address> <executions folder>`. Says `ready` in a line.

const NAMESPACE = 'bench';
const IN_FLIGHT = 64;
const FLUSH_MS = 25;
const [part, address, executionsFolder] = process.argv.slice(2);

/** The same as ExecutionLog of the other contenders. */
function executionLog(stage) {
  let pending = [];
  const flush = () => {
    appendFileSync(join(executionsFolder, `${stage}-${process.pid}`), `${pending.join('\n')}\n`);
    pending = [];
  };
  return (n) => {
    if (pending.push(n) === 1) setTimeout(flush, FLUSH_MS);
  };
}

async function work(stage) {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const note = executionLog(stage);
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    namespace: NAMESPACE,
    taskQueue: stage,
    activities: { [stage]: async ({ n }) => note(n) },
    maxConcurrentActivityTaskExecutions: 200,
    // Workflows are worked by the first stage's process.
    ...(stage === 'p1' && { workflowsPath: join(import.meta.dirname, 'workflows.cjs'), maxConcurrentWorkflowTaskExecutions: 200 }),
  });
  process.stdin.resume().once('end', () => worker.shutdown());
  console.log('ready');
  await worker.run();
  process.exit(0);
}

async function registerNamespace(connection) {
  const seconds = 86_400;
  await connection.workflowService.registerNamespace({ namespace: NAMESPACE, workflowExecutionRetentionPeriod: { seconds } });
}

/** A new namespace is known to all of the server only some seconds later. */
async function untilKnown(client) {
  for (;;) {
    try {
      return await client.workflow.count();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

async function submitAll(client, jobs) {
  let next = 0;
  const lane = async () => {
    while (next < jobs.length) {
      const { n, payload } = jobs[next++];
      await client.workflow.start('benchJob', { taskQueue: 'p1', workflowId: `job-${n}`, args: [payload] });
    }
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, jobs.length) }, lane));
}

/** An order a line: {id, jobs}; the answer names its id once all are accepted. */
async function serve() {
  const connection = await Connection.connect({ address });
  await registerNamespace(connection);
  const client = new Client({ connection, namespace: NAMESPACE });
  await untilKnown(client);
  const answer = (text) => console.log(JSON.stringify(text));
  const lines = createInterface(process.stdin);
  lines.on('line', (line) => {
    const { id, jobs } = JSON.parse(line);
    submitAll(client, jobs).then(
      () => answer({ id }),
      (error) => answer({ id, error: String(error) }),
    );
  });
  lines.once('close', () => process.exit(0));
  console.log('ready');
}

await (part === 'client' ? serve() : work(part));

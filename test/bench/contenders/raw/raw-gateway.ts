import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { runWorker } from '../../suite/worker-process.ts';
import { RawSubmitter, type RawSubmitterConfig } from './raw-submitter.ts';

const KEEP_ALIVE_MS = 65_000;

/** What the gateway of the Koa ceiling is told. */
export interface RawGatewayConfig extends RawSubmitterConfig {
  /** Where it says its port. */
  readonly portFile: string;
}

async function bodyOf(request: AsyncIterable<Buffer>): Promise<object> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString()) as object;
}

// Koa with nothing but what a submission needs: read, insert, answer.
await runWorker<RawGatewayConfig>(async ({ portFile, ...config }) => {
  const submitter = await RawSubmitter.open(config);
  const app = new Koa();
  app.use(async (ctx) => {
    const { input } = (await bodyOf(ctx.req)) as { readonly input: object };
    const id = await submitter.submit(input);
    ctx.status = 202;
    ctx.type = 'application/json';
    ctx.body = JSON.stringify({ job_id: id, status: 'QUEUED' });
  });
  const server = app.listen(0, '127.0.0.1');
  // As long as Jobline's: Node's 5 s would cut connections that wait for another contender's turn.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await once(server, 'listening');
  writeFileSync(portFile, String((server.address() as AddressInfo).port));
  return async () => {
    server.closeAllConnections();
    server.close();
    await submitter.close();
  };
});

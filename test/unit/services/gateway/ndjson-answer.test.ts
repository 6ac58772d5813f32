import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import Koa from 'koa';
import { NdjsonAnswer } from '../../../../services/gateway/batch/ndjson-answer.ts';
import type { RequestState } from '../../../../services/gateway/middleware/request-context.ts';
import { Problem } from '../../../../services/gateway/problems.ts';
import { eventually } from '../../../support/eventually.ts';
import { RawConnection } from './raw-http.ts';

const MIB = 1_048_576;
/** What the operating system takes of an answer that nobody reads differs; it is less than this. */
const KERNEL_MIB = 24;

describe('NdjsonAnswer', () => {
  let server: Server;
  let client: RawConnection;
  let answer: NdjsonAnswer;

  beforeEach(async () => {
    const app = new Koa<RequestState>();
    // It would print that a client went away.
    app.silent = true;
    app.use(async (ctx) => {
      answer = new NdjsonAnswer(ctx);
      await once(ctx.res, 'close');
    });
    server = createServer(app.callback()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = new RawConnection((server.address() as AddressInfo).port);
    client.send('GET / HTTP/1.1', 'Host: x', '', '');
    await once(server, 'request');
  });
  afterEach(() => {
    client.close();
    server.close();
  });

  const isPending = (promise: Promise<unknown>) =>
    Promise.race([promise.then(() => false), new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 200))]);

  /** Writes until a write waits for the client. @returns that write, and how many MiB came before it. */
  async function fill(): Promise<{ readonly stuck: Promise<void>; readonly written: number }> {
    const line = `"${'x'.repeat(MIB - 3)}"\n`;
    for (let written = 0; ; written += 1) {
      const write = answer.write(line);
      if (await isPending(write)) return { stuck: write, written };
    }
  }

  it('a client that does not read, lets a bounded amount be written, and more once it has read', async () => {
    client.socket.pause();
    const { stuck, written } = await fill();
    expect(written).to.be.within(7, 8 + KERNEL_MIB);
    client.socket.resume();
    await stuck;
    await answer.end();
    await eventually('the whole answer', () => client.text.endsWith('0\r\n\r\n'));
    expect(client.text.length).to.be.above((written + 1) * MIB);
  });

  it('a client that goes away while it is waited for, ends the write', async () => {
    client.socket.pause();
    const { stuck } = await fill();
    const failed = stuck.catch((error: unknown) => error);
    client.close();
    expect(await failed).to.be.instanceOf(Problem);
    const again = await answer.write('1\n').catch((error: unknown) => error);
    expect(again).to.be.instanceOf(Problem);
  });

  it('before the first line, nothing is sent: another answer is still possible', async () => {
    expect([answer.hasBegun, client.text]).to.deep.equal([false, '']);
    await answer.write('1\n');
    expect(answer.hasBegun).to.equal(true);
    await eventually('the first line', () => client.text.includes('1\n'));
  });
});

import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { PinnedHttp, type PinnedHttpOptions } from '../../../../../shared/runtime/outgoing/pinned-http.ts';
import { UrlPolicy } from '../../../../../shared/runtime/outgoing/url-policy.ts';
import { selfSigned } from '../../../../support/self-signed.ts';

const LOOPBACK = ['127.0.0.1'];
const signal = new AbortController().signal;

function sender(allowHosts: readonly string[], more: Partial<PinnedHttpOptions> = {}): PinnedHttp {
  return new PinnedHttp({ policy: new UrlPolicy({ allowHttp: true, ports: [[1, 65_535]], allowHosts }), timeoutMs: 2_000, ...more });
}

describe('requests to addresses that users give', () => {
  const servers: Server[] = [];
  let seen: IncomingMessage[];

  beforeEach(() => {
    seen = [];
  });
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function listen(server: Server): Promise<number> {
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  const answering = (answer: RequestListener): RequestListener => {
    return (req, res) => {
      seen.push(req);
      answer(req, res);
    };
  };

  it('go to the address that was checked, with the name of the host, though the name leads elsewhere a moment later', async () => {
    const port = await listen(createServer(answering((_, res) => res.end())));
    let asked = 0;
    // Only loopback is listening here: 127.0.0.1 stands for the public address, 127.0.0.2 for the one that is swapped in.
    const resolve = async () => [{ address: asked++ === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 }];

    const answer = await sender(LOOPBACK, { resolve }).post(
      { url: `http://hooks.example.com:${port}/a?b=c`, headers: { 'X-A': '1' }, body: 'é' },
      signal,
    );

    expect(answer).to.deep.equal({ kind: 'answered', status: 200 });
    expect(asked).to.equal(1);
    expect(seen[0]).to.include({ method: 'POST', url: '/a?b=c' });
    expect(seen[0]!.headers).to.include({ host: `hooks.example.com:${port}`, 'x-a': '1', 'content-length': '2' });
  });

  it('are not sent when one of the addresses of the host is not public', async () => {
    const port = await listen(createServer(answering((_, res) => res.end())));
    const hosts = [['127.0.0.1'], ['8.8.8.8', '127.0.0.1'], ['::ffff:127.0.0.1'], ['64:ff9b::7f00:1'], ['169.254.169.254'], ['fd00::1']];

    for (const addresses of hosts) {
      const resolve = async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      const answer = await sender([], { resolve }).post({ url: `http://hooks.example.com:${port}/`, headers: {}, body: '' }, signal);

      expect(answer.kind, addresses.join()).to.equal('refused');
      expect(JSON.stringify(answer)).not.to.include(addresses.at(-1));
    }
    expect(seen).to.deep.equal([]);
  });

  it('are not sent to a URL that breaks the rules', async () => {
    const port = await listen(createServer(answering((_, res) => res.end())));

    const answer = await sender([]).post({ url: `http://127.0.0.1:${port}/`, headers: {}, body: '' }, signal);

    expect(answer).to.deep.equal({ kind: 'refused', reason: 'The URL must lead to a public address; 127.0.0.1 is loopback.' });
    expect(seen).to.deep.equal([]);
  });

  it('do not follow redirects', async () => {
    const port = await listen(createServer(answering((_, res) => res.writeHead(302, { Location: '/elsewhere' }).end())));

    const answer = await sender(LOOPBACK).post({ url: `http://127.0.0.1:${port}/`, headers: {}, body: '' }, signal);

    expect(answer).to.deep.equal({ kind: 'answered', status: 302 });
    expect(seen.map(({ url }) => url)).to.deep.equal(['/']);
  });

  it('say when the receiver wants to be asked again', async () => {
    const port = await listen(createServer(answering((_, res) => res.writeHead(503, { 'Retry-After': '7' }).end())));

    expect(await sender(LOOPBACK).post({ url: `http://127.0.0.1:${port}/`, headers: {}, body: '' }, signal)).to.deep.equal({
      kind: 'answered',
      status: 503,
      retryAfterMs: 7_000,
    });
  });

  it('end at their time limit: without an answer, within one, and while the host is resolved', async () => {
    const silent = await listen(createServer(answering(() => {})));
    const dripping = await listen(
      createServer(
        answering((_, res) => {
          const timer = setInterval(() => res.write('.'), 20);
          res.on('close', () => clearInterval(timer));
        }),
      ),
    );
    const post = (url: string, more: Partial<PinnedHttpOptions> = {}) =>
      sender(LOOPBACK, { timeoutMs: 150, ...more }).post({ url, headers: {}, body: '' }, signal);

    const answers = [
      await post(`http://127.0.0.1:${silent}/`),
      await post(`http://127.0.0.1:${dripping}/`),
      await post('http://hooks.example.com/', { resolve: () => new Promise(() => {}) }),
    ];

    for (const answer of answers) expect(answer).to.deep.equal({ kind: 'failed', reason: 'There was no complete answer within 150 ms.' });
  });

  it('read no more than 64 KiB of an answer', async () => {
    let written = 0;
    const port = await listen(
      createServer(
        answering((_, res) => {
          const write = () => {
            while (!res.destroyed && res.write(Buffer.alloc(65_536))) written += 65_536;
            written += 65_536;
          };
          res.on('drain', write);
          write();
        }),
      ),
    );

    const answer = await sender(LOOPBACK).post({ url: `http://127.0.0.1:${port}/`, headers: {}, body: '' }, signal);

    expect(answer).to.deep.equal({ kind: 'answered', status: 200 });
    expect(written).to.be.below(64 * 1_048_576);
  });

  it('name a refused connection, an unknown host, bad HTTP and a shutdown', async () => {
    const nobody = createServer();
    const port = await listen(nobody);
    nobody.close();
    await once(nobody, 'close');
    const resolve = async () => {
      throw Object.assign(new Error(), { code: 'ENOTFOUND' });
    };
    const raw = createServer();
    raw.on('connection', (socket) => socket.end('nonsense\r\n\r\n'));
    const nonsense = await listen(raw);

    expect(await sender(LOOPBACK).post({ url: `http://127.0.0.1:${port}/`, headers: {}, body: '' }, signal)).to.deep.equal({
      kind: 'failed',
      reason: 'The connection was refused.',
    });
    expect(await sender([], { resolve }).post({ url: 'http://hooks.example.com/', headers: {}, body: '' }, signal)).to.deep.equal({
      kind: 'failed',
      reason: 'The host name is not known.',
    });
    expect(await sender(LOOPBACK).post({ url: `http://127.0.0.1:${nonsense}/`, headers: {}, body: '' }, signal)).to.deep.equal({
      kind: 'failed',
      reason: 'The answer is not valid HTTP.',
    });
    expect(await sender([]).post({ url: 'http://hooks.example.com/', headers: {}, body: '' }, AbortSignal.abort())).to.deep.equal({
      kind: 'failed',
      reason: 'The attempt was broken off by a shutdown.',
    });
  });

  describe('over TLS', () => {
    const identity = selfSigned('hooks.example.com');
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];

    it('check the certificate by the name of the host, and say it in the handshake', async () => {
      const port = await listen(
        createTlsServer(
          identity,
          answering((_, res) => res.end()),
        ),
      );
      const trusting = sender(LOOPBACK, { resolve, ca: identity.cert });

      const right = await trusting.post({ url: `https://hooks.example.com:${port}/`, headers: {}, body: '' }, signal);
      const wrong = await trusting.post({ url: `https://other.example.com:${port}/`, headers: {}, body: '' }, signal);
      const unknown = await sender(LOOPBACK, { resolve }).post(
        { url: `https://hooks.example.com:${port}/`, headers: {}, body: '' },
        signal,
      );

      expect(right).to.deep.equal({ kind: 'answered', status: 200 });
      expect((seen[0]!.socket as TLSSocket & { servername?: string }).servername).to.equal('hooks.example.com');
      expect(wrong).to.deep.equal({ kind: 'failed', reason: 'TLS failed: ERR_TLS_CERT_ALTNAME_INVALID.' });
      expect(unknown).to.deep.equal({ kind: 'failed', reason: 'TLS failed: DEPTH_ZERO_SELF_SIGNED_CERT.' });
      expect(seen).to.have.length(1);
    });
  });
});

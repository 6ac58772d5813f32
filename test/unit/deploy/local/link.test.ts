import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { eventually } from '../../../support/eventually.ts';
import { localModule } from '../../../support/local-stack.ts';

interface Link {
  readonly port: number;
  open(): Promise<void>;
  cut(): void;
  mend(): void;
  close(): void;
}

describe('a link that can be cut', () => {
  let server: Server;
  let atServer: Socket[];
  let link: Link;
  let heard: string;

  beforeEach(async () => {
    const { Link: AnyLink } = await localModule<{ Link: new (target: () => number) => Link }>('cluster/link.mjs');
    atServer = [];
    heard = '';
    server = createServer((socket) => {
      atServer.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        heard += String(chunk);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    link = new AnyLink(() => (server.address() as AddressInfo).port);
    await link.open();
  });

  afterEach(() => {
    link.close();
    for (const socket of atServer) socket.destroy();
    server.close();
  });

  async function client(): Promise<Socket> {
    const socket = connect(link.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  /** What passes a second way round has had time to pass the first. */
  async function settled(): Promise<void> {
    for (let turns = 0; turns < 5; turns += 1) {
      const probe = connect((server.address() as AddressInfo).port, '127.0.0.1');
      await once(probe, 'connect');
      probe.destroy();
    }
  }

  it('cut, lets nothing through in either direction and tells nobody; mended, lets through what has waited', async () => {
    const socket = await client();
    let answered = '';
    socket.on('data', (chunk) => {
      answered += String(chunk);
    });
    socket.write('one ');
    await eventually('what was sent before', () => heard === 'one ');
    link.cut();
    socket.write('two');
    atServer[0]!.write('answer');
    await settled();
    expect([heard, answered, socket.destroyed, atServer[0]!.destroyed]).to.deep.equal(['one ', '', false, false]);
    link.mend();
    await eventually('what has waited', () => heard === 'one two' && answered === 'answer');
    socket.destroy();
  });

  it('cut, takes new connections and holds what they say', async () => {
    link.cut();
    const socket = await client();
    socket.write('hello');
    await settled();
    expect(heard).to.equal('');
    link.mend();
    await eventually('what has waited', () => heard === 'hello');
    socket.destroy();
  });

  it('an end that goes away while it is cut, is told to the other only when it is mended', async () => {
    const socket = await client();
    await eventually('the connection', () => atServer.length === 1);
    link.cut();
    atServer[0]!.destroy();
    await settled();
    expect(socket.readableEnded || socket.destroyed).to.equal(false);
    const closed = once(socket, 'close');
    socket.resume();
    link.mend();
    await closed;
  });
});

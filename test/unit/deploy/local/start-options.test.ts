import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect } from 'chai';
import { localModule } from '../../../support/local-stack.ts';

interface StartOptions {
  parseStartArguments(args: readonly string[]): { isHelp: boolean; scale: Record<string, number> };
  choosePort(name: string, value: string | undefined, usual: number): Promise<number>;
}

describe('Options of npm start', () => {
  let module: StartOptions;

  before(async () => {
    module = await localModule<StartOptions>('start-options.mjs');
  });

  it('--scale may be repeated', () => {
    const { scale } = module.parseStartArguments(['--scale', 'p1-worker=3', '--scale=p2-worker=0']);
    expect(scale).to.deep.equal({ 'p1-worker': 3, 'p2-worker': 0 });
  });

  it('--scale without a number is refused with an example', () => {
    expect(() => module.parseStartArguments(['--scale', 'p1-worker'])).to.throw('must be SERVICE=PROCESSES, such as p1-worker=3');
  });

  it('an unknown option is refused with the usage', () => {
    expect(() => module.parseStartArguments(['--scael', 'p1-worker=3'])).to.throw(/--scael[\s\S]*Usage: npm start/);
  });

  it('a usual port that is taken is replaced, one that was asked for is refused', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      expect(await module.choosePort('PORT', undefined, port))
        .to.be.a('number')
        .and.not.equal(port);
      const message = await module.choosePort('PORT', String(port), 8080).then(
        () => '',
        (error: Error) => error.message,
      );
      expect(message).to.include(`PORT is ${port}, which cannot be listened on`);
    } finally {
      server.close();
    }
  });

  it('a port that is none is refused with the range', async () => {
    for (const value of ['http', '-1', '65536', '80.5']) {
      const message = await module.choosePort('PORT', value, 8080).then(
        () => '',
        (error: Error) => error.message,
      );
      expect(message, value).to.include('must be a port from 1 to 65535');
    }
  });
});

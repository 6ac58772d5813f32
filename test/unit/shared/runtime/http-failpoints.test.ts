import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { ConfigError } from '../../../../shared/domain/failures.ts';
import { failpointsUrl, HttpFailpoints } from '../../../../shared/runtime/http-failpoints.ts';
import { eventually } from '../../../support/eventually.ts';
import { silentLogger } from '../../../support/silent-logger.ts';

describe('failpointsUrl', () => {
  const at = (url: string, more: Record<string, string> = {}) => failpointsUrl({ JOBLINE_FAILPOINTS: url, ...more })?.href;

  it('unset or empty: there are no failpoints', () => {
    expect(failpointsUrl({})).to.equal(undefined);
    expect(at(' ')).to.equal(undefined);
  });

  it('an address of the loopback interface: is taken', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '[::1]'])
      expect(at(`http://${host}:1234/`)).to.equal(`http://${host}:1234/`);
  });

  for (const url of ['http://10.0.0.1:1/', 'http://127.0.0.1.nip.io/', 'http://localhost.example/', 'https://127.0.0.1/', 'nonsense']) {
    it(`${url}: is refused`, () => {
      expect(() => at(url)).to.throw(ConfigError, 'JOBLINE_FAILPOINTS');
    });
  }

  it('in production: is refused whatever it is', () => {
    expect(() => at('http://127.0.0.1:1/', { NODE_ENV: 'production' })).to.throw(ConfigError, 'NODE_ENV is production');
  });
});

describe('HttpFailpoints', () => {
  let server: Server;
  let asked: string[];
  let answer: () => void;

  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      request.setEncoding('utf8');
      let text = '';
      request.on('data', (part: string) => (text += part));
      request.on('end', () => {
        asked.push(text);
        answer = () => response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const failpoints = () => {
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return new HttpFailpoints(url, { service: 'p1-worker', logger: silentLogger() });
  };

  it('a failpoint: says who is where with which jobs, and goes on when it is answered', async () => {
    let isOn = false;
    const reaching = failpoints()
      .reach('commit|ack', ['a', 'b'])
      .then(() => (isOn = true));
    await eventually('the question', () => asked.length === 1);
    expect(JSON.parse(asked[0]!)).to.deep.equal({ name: 'commit|ack', pid: process.pid, service: 'p1-worker', jobs: ['a', 'b'] });
    expect(isOn).to.equal(false);
    answer();
    await reaching;
  });

  it('a control server that goes away: holds nobody', async () => {
    const one = failpoints();
    const reaching = one.reach('before insert', []);
    await eventually('the question', () => asked.length === 1);
    server.closeAllConnections();
    await reaching;
    await new Promise((resolve) => server.close(resolve));
    await one.reach('before insert', []);
  });
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { hostOf, parseAmqpUrl, reasonWithoutSecrets, withHeartbeat } from '../../../../shared/rabbit/amqp-url.ts';
import { Fifo } from '../../../../shared/rabbit/fifo.ts';
import { ManagementApi, type ManagementError } from '../../../../shared/rabbit/management-api.ts';

describe('AMQP URLs', () => {
  it('user, password and virtual host, are decoded', () => {
    expect(parseAmqpUrl('amqp://us%40er:p%2Fw@broker:5673/my%2Fhost?heartbeat=9')).to.deep.equal({
      host: 'broker:5673',
      user: 'us@er',
      password: 'p/w',
      vhost: 'my/host',
    });
  });

  it('what is left out, is guest and the virtual host /', () => {
    for (const url of ['amqp://broker', 'amqp://broker/', 'amqps://broker/%2F']) {
      expect(parseAmqpUrl(url)).to.include({ user: 'guest', password: 'guest', vhost: '/' });
    }
  });

  it('another scheme or rubbish, is refused without saying the URL', () => {
    for (const url of ['http://user:secret@host', 'secret']) {
      expect(() => parseAmqpUrl(url))
        .to.throw('must be amqp')
        .and.not.match(/secret/);
    }
  });

  it('an error text, loses every password in plain and encoded', () => {
    const urls = ['amqp://user:p%40ss@one/', 'amqp://user:other@two/'];
    expect(reasonWithoutSecrets(new Error('login p@ss p%40ss other failed'), urls)).to.equal('login *** *** *** failed');
    expect(hostOf(urls[0]!)).to.equal('one');
  });

  it('a heartbeat, is set unless the URL has a useful one', () => {
    expect(withHeartbeat('amqp://h/', 10)).to.contain('heartbeat=10');
    expect(withHeartbeat('amqp://h/?heartbeat=20', 10)).to.contain('heartbeat=20');
    for (const useless of ['0', '1', '600', 'x']) expect(withHeartbeat(`amqp://h/?heartbeat=${useless}`, 10)).to.contain('heartbeat=10');
  });

  it('a management URL with a path, keeps it and shows no password', () => {
    const api = new ManagementApi('http://u:secret@host:15672/rabbit/', 'amqp://a:b@h/v%2Fw');
    expect(api.inVhost('queues', 'a/b')).to.equal('/api/queues/v%2Fw/a%2Fb');
    expect(api.host).to.equal('host:15672');
  });

  it('several management URLs, each node that answers will do, and is asked first from then on', async () => {
    const asked: string[] = [];
    const node = async (name: string, status: number) => {
      const server = createServer((request, response) => {
        asked.push(`${name} ${request.headers.authorization}`);
        response.writeHead(status).end('{}');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return { server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
    };
    const [pausing, good, refusing] = [await node('pausing', 503), await node('good', 200), await node('refusing', 404)];
    const urls = [`http://127.0.0.1:1`, `http://u:a,b@${pausing.host}`, `http://${good.host}`];
    const api = new ManagementApi(urls.join(','), 'amqp://own:pw@h/');
    expect(await api.get('/api/overview')).to.deep.equal({});
    await api.get('/api/overview');
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    expect(asked).to.deep.equal([`pausing ${basic('u:a,b')}`, `good ${basic('own:pw')}`, `good ${basic('own:pw')}`]);
    const strict = new ManagementApi(`http://${refusing.host},http://${good.host}`, 'amqp://h/');
    expect(await strict.get('/api/x').catch((error: unknown) => (error as ManagementError).status)).to.equal(404);
    for (const { server } of [pausing, good, refusing]) {
      server.closeAllConnections();
      server.close();
    }
    expect(await api.get('/api/overview').catch((error: unknown) => (error as Error).message)).to.include('did not answer');
  });
});

describe('Fifo', () => {
  it('many in and out, keep their order', () => {
    const fifo = new Fifo<number>();
    const out: number[] = [];
    for (let number = 0; number < 10_000; number += 1) {
      fifo.push(number);
      if (number % 3 !== 0) out.push(fifo.shift()!);
    }
    expect(fifo.size).to.equal(10_000 - out.length);
    expect(fifo.peek()).to.equal(out.length);
    while (fifo.size > 0) out.push(fifo.shift()!);
    expect(out).to.deep.equal(Array.from({ length: 10_000 }, (_, index) => index));
    expect(fifo.shift()).to.equal(undefined);
  });
});

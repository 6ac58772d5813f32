import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { manifest } from '../../../../services/cli/release.ts';
import { GatewayFixture } from '../gateway/gateway-fixture.ts';
import { jobline } from './run-jobline.ts';

interface Report {
  readonly ok: boolean;
  readonly checks: readonly { readonly check: string; readonly status: string; readonly message: string }[];
}

const AWAY = 'http://127.0.0.1:1';

/** A server that answers everything with this. */
async function serverOf(date: Date, body: object): Promise<{ url: string; server: Server }> {
  const server = createServer((_, response) => {
    response.writeHead(200, { date: date.toUTCString(), 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

describe('jobline doctor', () => {
  const report = async (args: readonly string[]) => {
    const { code, out } = await jobline(['doctor', '--json', ...args]);
    const { ok, checks } = JSON.parse(out) as Report;
    return { code, ok, of: (check: string) => checks.find((one) => one.check === check) ?? { status: 'not there', message: '' } };
  };

  it('a gateway that is well and no servers named: nothing failed, the servers are left out', async () => {
    const gateway = await new GatewayFixture().start();
    try {
      const args = ['--url', gateway.url(''), '--admin-url', gateway.adminUrl('')];
      const { code, ok, of } = await report(args);
      expect([code, ok]).to.deep.equal([0, true]);
      expect(of('Node.js')).to.include({ status: 'ok', message: process.versions.node });
      expect(of('gateway')).to.include({ status: 'ok' });
      expect(of('gateway clock')).to.include({ status: 'ok' });
      expect(of('gateway release')).to.deep.include({
        status: 'warning',
        message: `0.0.0, this command line is ${manifest().version}: use the same release.`,
      });
      expect(of('control plane').status).to.equal('ok');
      expect(of('workers')).to.include({ status: 'warning', message: 'None has reported: jobs wait until a worker runs.' });
      expect(of('servers').status).to.equal('skipped');
      const text = (await jobline(['doctor', ...args])).out;
      expect(text)
        .to.match(/^ok +gateway +http/m)
        .and.to.match(/^0 failed, 2 to look at$/m);
    } finally {
      await gateway.stop();
    }
  });

  it('a gateway that wants keys: says which variable', async () => {
    const gateway = await new GatewayFixture({ auth: 'keys' }).start();
    try {
      const { of } = await report(['--url', gateway.url(''), '--admin-url', gateway.adminUrl('')]);
      expect(of('control plane').status).to.equal('warning');
      expect(of('control plane').message).to.contain('JOBLINE_API_KEY');
    } finally {
      await gateway.stop();
    }
  });

  it('nothing there: each is failed with what to do, and it ends with 1', async () => {
    const { code, of } = await report(['--url', AWAY, '--admin-url', AWAY]);
    expect(code).to.equal(1);
    expect(of('gateway').message).to.contain('does not answer').and.to.contain('JOBLINE_URL');
    expect(of('control plane').message).to.contain('JOBLINE_ADMIN_URL');
  });

  it('a clock an hour off and an answer that is not ours: both failed', async () => {
    const { url, server } = await serverOf(new Date(Date.now() - 3_600_000), { hello: 'world' });
    try {
      const { of } = await report(['--url', url, '--admin-url', AWAY]);
      expect(of('gateway clock')).to.include({ status: 'failed' });
      expect(of('gateway clock').message).to.match(/^3\d{3}\.\d s or more behind this machine/);
      expect(of('gateway release').message).to.contain('is this its API (PORT)?');
    } finally {
      server.close();
    }
  });
});

import { spawnSync } from 'node:child_process';
import { extname, join } from 'node:path';
import { expect } from 'chai';

const NEEDED = { RABBITMQ_URL: 'amqp://joe:s3cret@localhost', MONGODB_URL: 'mongodb://joe:s3cret@localhost' };

function run(env: Record<string, string>, ...args: readonly string[]) {
  const extension = extname(import.meta.filename);
  const script = join(import.meta.dirname, 'fixtures', `print-config${extension}`);
  const options = { encoding: 'utf8' as const, env: { PATH: process.env['PATH'] ?? '', ...env } };
  return spawnSync(process.execPath, [...(extension === '.ts' ? ['--import', 'tsx'] : []), script, ...args], options);
}

describe('configOrExit', function () {
  this.timeout(20_000);

  it('settings that are right: are handed over', () => {
    const { status, stdout } = run({ ...NEEDED, LEASE_MS: '5000' });
    expect(stdout).to.equal('lease 5000\n');
    expect(status).to.equal(0);
  });

  it('settings that are wrong: every problem on stderr without a stack, exit 78', () => {
    const { status, stdout, stderr } = run({ RABBITMQ_URL: 'http://joe:s3cret@localhost', LEASE_MS: '1' });
    expect(status).to.equal(78);
    expect(stdout).to.equal('');
    expect(stderr).to.match(/^Wrong settings:\n {2}- RABBITMQ_URL is .*\n {2}- MONGODB_URL is not set.*\n {2}- LEASE_MS is "1".*\n$/);
    expect(stderr).not.to.contain('s3cret');
  });

  it('--print-config: the settings in use, masked, exit 0', () => {
    const { status, stdout } = run({ ...NEEDED, LEASE_MS: '5000' }, '--print-config');
    expect(status).to.equal(0);
    expect(stdout).to.contain('LEASE_MS=5000\n').and.to.contain('TOPOLOGY=per-stage  # default').and.to.contain('amqp://***@localhost');
    expect(stdout).not.to.contain('s3cret').and.not.to.contain('lease 5000');
  });
});

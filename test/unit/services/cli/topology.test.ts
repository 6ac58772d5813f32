import { expect } from 'chai';
import { jobline } from './run-jobline.ts';

/** What the program that is started needs to be run as it stands. */
const FOR_CHILD = { PATH: process.env['PATH'] ?? '', NODE_OPTIONS: '--import tsx' };

describe('jobline topology', function () {
  // A process of its own, compiled as it starts.
  this.timeout(60_000);
  const env = { ...FOR_CHILD, RABBITMQ_URL: 'amqp://127.0.0.1:1' };

  it('show: has every queue of the job types, as lines and as JSON, without RabbitMQ', async () => {
    const { code, out } = await jobline(['topology', 'show'], FOR_CHILD);
    expect(code).to.equal(0);
    expect(out)
      .to.match(/^queue +jobline\.p1\.express \(quorum\)$/m)
      .and.to.match(/^queue +jobline\.p2\.dlq \(quorum\)$/m);
    const { mode, queues } = JSON.parse((await jobline(['topology', 'show', '--json'], env)).out) as { mode: string; queues: string[] };
    expect([mode, queues.length]).to.deep.equal(['per-stage', 8]);
  });

  it('check where RabbitMQ is away: ends with 69 and the reason', async () => {
    const { code, out, err } = await jobline(['topology', 'check'], env);
    expect([code, out]).to.deep.equal([69, '']);
    expect(err).to.contain('RabbitMQ at 127.0.0.1:1 cannot be reached');
  });

  it('settings that are wrong: are explained and end with 2', async () => {
    const { code, err } = await jobline(['topology', 'check'], { ...env, TOPOLOGY: 'both' });
    expect([code, err.includes('TOPOLOGY is "both"; it must be one of per-stage, single.')]).to.deep.equal([2, true]);
  });
});

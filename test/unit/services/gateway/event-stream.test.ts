import { Writable } from 'node:stream';
import { expect } from 'chai';
import { EventStream } from '../../../../services/gateway/live/event-stream.ts';
import type { JobFollower } from '../../../../services/gateway/live/job-fan-out.ts';
import { LiveClients } from '../../../../services/gateway/live/live-clients.ts';
import type { JobRecord } from '../../../../shared/domain/job.ts';
import { JOB_TYPES, Pipelines } from '../../../../shared/domain/pipeline.ts';
import { systemClock as clock } from '../../../../shared/runtime/system-clock.ts';
import { eventually } from '../../../support/eventually.ts';
import { versionsOf } from '../../../support/random-history.ts';
import { record } from '../../shared/domain/job-record.ts';

const OWNER = { client: 'address:127.0.0.1', tenant: 'default' };

/** A connection that takes nothing until it is told to. */
class StuckConnection extends Writable {
  text = '';
  isStuck = false;
  #goOn: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 50 });
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    if (this.isStuck) this.#goOn = done;
    else done();
  }

  goOn(): void {
    this.isStuck = false;
    this.#goOn?.();
  }

  get statuses(): readonly string[] {
    return [...this.text.matchAll(/"status":"(\w+)"/g)].map(([, status]) => status!);
  }
}

describe('EventStream', () => {
  const versions = versionsOf(
    record({ type: 'report', state: 'QUEUED', results: [], log: [], createdAt: new Date(0), pub: { due: new Date(0), by: 'a' } }),
    ['claim', 'progress', 'progress', 'fail', 'take', 'claim', 'progress', 'commit', 'claim', 'progress', 'commit'],
    2,
  );
  const clients = new LiveClients({ maxListeners: 10 });
  let follower: JobFollower | undefined;
  const live = {
    clients,
    heartbeatMs: 10_000,
    fanOut: {
      follow: (_: string, one: JobFollower) => {
        follower = one;
        return () => {
          follower = undefined;
        };
      },
    },
  };
  const deps = { live, clock, pipelines: new Pipelines(Object.values(JOB_TYPES)) };
  const job = (version: JobRecord) => ({ record: version, isInputGone: false });

  it('a connection that takes nothing: only the last look at the job waits, and each step is told in order once there is room', async () => {
    const connection = new StuckConnection();
    const stream = new EventStream(deps, connection, undefined);
    stream.begin(job(versions[0]!), OWNER);
    connection.isStuck = true;
    follower!.update(job(versions[1]!));
    for (const version of versions.slice(2)) follower!.update(job(version));
    expect(connection.writableLength).to.be.below(300);
    expect(clients.counts.coalesced.sse).to.be.above(5);
    connection.goOn();
    await eventually('the stream has ended', () => connection.writableFinished);
    expect(connection.statuses).to.deep.equal([
      'QUEUED',
      'PROCESS_1_RUNNING',
      'RETRYING',
      'RETRYING',
      'PROCESS_1_RUNNING',
      'PROCESS_1_DONE',
      'PROCESS_2_RUNNING',
      'COMPLETED',
    ]);
    expect([follower, clients.open('sse')]).to.deep.equal([undefined, 0]);
  });

  it('a look at the job that comes late, older than what was told: tells nothing', () => {
    const connection = new StuckConnection();
    const stream = new EventStream(deps, connection, undefined);
    stream.begin(job(versions[5]!), OWNER);
    const { text } = connection;
    for (const version of versions.slice(0, 6)) stream.update(job(version));
    expect(connection.text).to.equal(text);
    stream.shutDown();
  });
});

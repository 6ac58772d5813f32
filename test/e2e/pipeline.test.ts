import { expect } from 'chai';
import { EventSourceClient } from '../support/event-source.ts';
import { eventually } from '../support/eventually.ts';
import { MessageWatch } from '../support/message-watch.ts';
import { TestSystem } from '../support/test-system.ts';
import { SocketClient } from '../unit/services/gateway/socket-client.ts';

for (const topology of ['per-stage', 'single'] as const) {
  describe(`Pipeline, ${topology} topology`, function () {
    this.timeout(120_000);
    let system: TestSystem;
    let watch: MessageWatch;

    before(async () => {
      system = await TestSystem.start({ topology });
      watch = await MessageWatch.start(system.system);
    });

    after(() => system?.stop());

    it('a report on inline rows: runs both stages and offers its files', async () => {
      const rows = [
        { city: 'Oslo', sold: 12 },
        { city: 'Rome', sold: 7 },
      ];
      const accepted = await system.request('POST', '/generate-file', {
        input: { rows },
        options: { group_by: ['city'], metrics: [{ fn: 'sum', column: 'sold' }] },
      });
      expect(accepted.status).to.equal(202);
      const id = accepted.body['job_id'] as string;
      expect(accepted.headers.get('location')).to.equal(`/v1/jobs/${id}`);
      const done = await system.until(id, ['COMPLETED', 'FAILED']);
      expect(done).to.deep.equal({ job_id: id, status: 'COMPLETED', progress: 100 });
      const { body } = await system.request<{ outputs: { name: string; href: string; size_bytes: number }[] }>(
        'GET',
        `/v1/jobs/${id}/outputs`,
      );
      expect(body.outputs.map(({ name }) => name)).to.include.members(['report.pdf', 'report.xlsx', 'report.html']);
      for (const { href, size_bytes } of body.outputs) {
        const bytes = await (await fetch(`${system.system.api}${href}`)).arrayBuffer();
        expect(bytes.byteLength).to.equal(size_bytes);
      }
    });

    it('progress read over HTTP: passes through the promised statuses in order and never goes back', async () => {
      const id = await system.submit('wait', { waitMs: { p1: 400, p2: 400 } });
      const seen: { status: string; progress: number }[] = [];
      for (let last = ''; last !== 'COMPLETED'; ) {
        const { status, progress } = await system.status(id);
        if (status !== last || progress !== seen.at(-1)?.progress) seen.push({ status, progress });
        last = status;
      }
      const statuses = [...new Set(seen.map(({ status }) => status))];
      const order = ['QUEUED', 'PROCESS_1_RUNNING', 'PROCESS_1_DONE', 'PROCESS_2_RUNNING', 'COMPLETED'];
      expect(statuses).to.include.members(['PROCESS_1_RUNNING', 'PROCESS_2_RUNNING', 'COMPLETED']);
      expect(statuses).to.deep.equal(order.filter((status) => statuses.includes(status)));
      const progress = seen.map((one) => one.progress);
      expect(progress).to.deep.equal(progress.toSorted((a, b) => a - b));
      expect(seen.filter(({ status }) => status === 'PROCESS_1_RUNNING').every((one) => one.progress >= 30 && one.progress < 50)).to.equal(
        true,
      );
    });

    it('200 jobs of one kind: each stage runs once for each', async () => {
      const ids = await Promise.all(Array.from({ length: 200 }, () => system.submit('noop')));
      expect(await system.untilAllEnded(ids)).to.deep.equal({ COMPLETED: 200 });
      for (const id of ids)
        expect(system.effects.of(id).map(({ what, stage }) => `${what} ${stage}`)).to.deep.equal([
          'started p1',
          'ended p1',
          'started p2',
          'ended p2',
        ]);
    });

    it('every message of these jobs, and of one that fails and one that is canceled: is as /asyncapi.json has it', async () => {
      const socket = await SocketClient.open(`${system.system.api}/v1/ws`);
      const say = (message: { readonly type: string }) => {
        watch.heardOverSocket(message);
        socket.send(message);
      };
      say({ type: 'subscribe', filter: { name: 'all' } } as { type: string });
      say({ type: 'ping' });
      socket.send({ type: 'no such wish' });
      await socket.until('error');
      await socket.until('gap');

      const failing = await system.submit('poison-inline', { poison: { stage: 'p1', how: 'reject' } });
      const source = new EventSourceClient(`${system.system.api}/v1/jobs/${failing}/events`, { retryMs: 20 });
      say({ type: 'subscribe', jobs: [{ job_id: failing }] } as { type: string });
      const canceled = await system.submit('noop', {}, { run_at: new Date(Date.now() + 600_000).toISOString() });
      await system.request('POST', `/v1/jobs/${canceled}/cancel`);
      await system.until(failing, ['FAILED']);
      await eventually('the ends are told', () => source.closedBy === 204 && socket.statusesOf(canceled).includes('CANCELED'));
      await eventually('the ended job is unsubscribed from', () => socket.of('unsubscribed').length > 0);
      for (const event of source.events) watch.heardEvent(event);
      for (const message of socket.received) watch.heardOverSocket(message);
      socket.socket.close();

      const ended = await system.db.collection('jobs').countDocuments();
      await eventually('a dead letter, and the events of all jobs', () => {
        const { DeadLetter = 0, JobEvent = 0 } = watch.seen;
        return DeadLetter >= 1 && JobEvent >= ended;
      });
      await watch.stop();
      expect(watch.seen).to.include.keys('Doorbell', 'DeadLetter', 'JobEvent', 'JobStatus', 'SubscribeMessage', 'PingMessage');
      expect(watch.seen).to.include.keys(
        'SubscribedMessage',
        'EventMessage',
        'GapMessage',
        'PongMessage',
        'ErrorMessage',
        'UnsubscribedMessage',
      );
    });
  });
}

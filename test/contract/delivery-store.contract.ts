import { expect } from 'chai';
import type { NewDelivery } from '../../shared/domain/callback.ts';
import type { DeliveryStore, TakenDelivery } from '../../shared/ports/delivery-store.ts';
import { systemClock } from '../../shared/runtime/system-clock.ts';
import { eventually } from '../support/eventually.ts';

export interface DeliveriesUnderTest {
  readonly deliveries: DeliveryStore;
  dispose(hasPassed: boolean): Promise<void>;
}

const LEASE_MS = 60_000;
const attempt = (more: object = {}) => ({ at: new Date('2026-01-15T12:00:00Z'), tookMs: 3, ...more });

/** What every DeliveryStore does. */
export function deliveryStoreContract(name: string, create: () => Promise<DeliveriesUnderTest>): void {
  describe(`${name}, as a DeliveryStore`, () => {
    let under: DeliveriesUnderTest;
    let deliveries: DeliveryStore;
    beforeEach(async () => {
      under = await create();
      deliveries = under.deliveries;
    });
    afterEach(function () {
      return under.dispose(this.currentTest?.state === 'passed');
    });

    function made(more: Partial<NewDelivery> = {}): NewDelivery {
      const jobId = systemClock.uuid();
      const fields = {
        jobId,
        tenant: 'acme',
        url: 'https://a.example.com/x',
        host: 'a.example.com',
        event: 'completed',
        body: '{}',
      } as const;
      return { id: `${more.jobId ?? jobId}:1`, ...fields, ...more };
    }

    async function take(): Promise<TakenDelivery> {
      const [due] = await deliveries.due(1, []);
      return (await deliveries.take(due!, systemClock.uuid(), LEASE_MS))!;
    }

    it('what is owed, is due at once, and owed twice is there once, as it was first', async () => {
      const one = made();
      await deliveries.owe([one]);
      await deliveries.owe([{ ...one, body: 'other' }, made({ jobId: one.jobId, id: `${one.jobId}:2` })]);

      expect((await deliveries.due(10, [])).map(({ id }) => id)).to.deep.equal([one.id, `${one.jobId}:2`]);
      const [first, ...others] = await deliveries.ofJob('acme', one.jobId);
      expect(first).to.deep.include({ ...one, state: 'pending', attempts: 0, log: [] });
      expect(others).to.have.length(1);
    });

    it('what is due, is told oldest first, up to the limit, and without the hosts that are left out', async () => {
      const [a, b, c] = [made({ host: 'a' }), made({ host: 'b' }), made({ host: 'c' })];
      for (const one of [a, b, c]) await deliveries.owe([one]);

      expect((await deliveries.due(2, [])).map(({ host }) => host)).to.deep.equal(['a', 'b']);
      expect((await deliveries.due(10, ['a', 'c'])).map(({ host }) => host)).to.deep.equal(['b']);
    });

    it('one that is taken, is due for nobody else, and one of two takers has it', async () => {
      await deliveries.owe([made()]);
      const [due] = await deliveries.due(1, []);
      const taken = await Promise.all(['x', 'y'].map((claim) => deliveries.take(due!, claim, LEASE_MS)));

      expect(taken.filter((one) => one !== undefined)).to.have.length(1);
      expect(taken.find((one) => one !== undefined)).to.include({ attempts: 1 });
      expect(await deliveries.due(1, [])).to.deep.equal([]);
    });

    it('one whose taker has died, is due again when its lease is over, and the dead one can note nothing', async () => {
      await deliveries.owe([made()]);
      const [due] = await deliveries.due(1, []);
      const dead = (await deliveries.take(due!, 'dead', 30))!;
      await eventually('the lease is over', async () => (await deliveries.due(1, [])).length === 1, 5_000);
      const second = await take();

      expect(second.attempts).to.equal(2);
      expect(await deliveries.settle(dead, attempt(), { state: 'delivered' })).to.equal(false);
      expect(await deliveries.settle(second, attempt({ status: 204 }), { state: 'delivered' })).to.equal(true);
      const [known] = await deliveries.ofJob('acme', second.jobId);
      expect(known).to.deep.include({ state: 'delivered', attempts: 2, log: [attempt({ status: 204 })] });
      expect(known!.endedAt).to.be.an.instanceOf(Date);
      expect(known).not.to.have.any.keys('dueAt', 'claim');
    });

    it('an attempt that failed, is noted, and the next one is due after its wait', async () => {
      await deliveries.owe([made()]);
      const first = await take();
      expect(await deliveries.settle(first, attempt({ reason: 'No.' }), { state: 'pending', afterMs: 30 })).to.equal(true);
      await eventually('the wait is over', async () => (await deliveries.due(1, [])).length === 1, 5_000);
      const second = await take();
      await deliveries.settle(second, attempt({ reason: 'Never.' }), { state: 'dead' });

      const [known] = await deliveries.ofJob('acme', first.jobId);
      expect(known).to.deep.include({ state: 'dead', attempts: 2, log: [attempt({ reason: 'No.' }), attempt({ reason: 'Never.' })] });
      expect(await deliveries.due(1, [])).to.deep.equal([]);
    });

    it('the log, keeps the last 20 attempts', async () => {
      await deliveries.owe([made()]);
      let taken = await take();
      for (let status = 500; status < 525; status += 1) {
        await deliveries.settle(taken, attempt({ status }), { state: 'pending', afterMs: 0 });
        taken = await take();
      }
      const [known] = await deliveries.ofJob('acme', taken.jobId);
      expect(known!.log.map(({ status }) => status)).to.deep.equal(Array.from({ length: 20 }, (_, index) => 505 + index));
    });

    it("a job's, are told to its tenant alone, and removed with it", async () => {
      const [one, other] = [made(), made()];
      await deliveries.owe([one, other]);
      expect(await deliveries.ofJob('other', one.jobId)).to.deep.equal([]);
      const taken = await take();
      await deliveries.removeOf(taken.jobId);

      expect(await deliveries.settle(taken, attempt(), { state: 'delivered' })).to.equal(false);
      expect(await deliveries.ofJob('acme', taken.jobId)).to.deep.equal([]);
      expect(await deliveries.ofJob('acme', [one, other].find(({ id }) => id !== taken.id)!.jobId)).to.have.length(1);
    });
  });
}

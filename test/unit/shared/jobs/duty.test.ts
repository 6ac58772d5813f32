import { expect } from 'chai';
import { StoreUnavailableError } from '../../../../shared/domain/failures.ts';
import { Duty } from '../../../../shared/jobs/duty.ts';
import { MemoryLeaseStore } from '../../../support/memory-lease-store.ts';
import { settled, VirtualClock } from '../../../support/virtual-clock.ts';

const LEASE_MS = 5_000;

describe('Duty', () => {
  let clock: VirtualClock;
  let leases: MemoryLeaseStore;
  let asked: number;
  let isAway: boolean;
  beforeEach(() => {
    clock = new VirtualClock();
    leases = new MemoryLeaseStore({ clock });
    asked = 0;
    isAway = false;
  });

  function duty(owner: string): Duty {
    const tryAcquire: MemoryLeaseStore['tryAcquire'] = async (...terms) => {
      asked += 1;
      if (isAway) throw new StoreUnavailableError('away');
      return leases.tryAcquire(...terms);
    };
    const counted = { tryAcquire, release: leases.release.bind(leases) };
    return new Duty({ leases: counted, clock, owner }, { name: 'work', leaseMs: LEASE_MS });
  }

  it("asked by several, is one's, and stays his while he asks", async () => {
    const [one, other] = [duty('one'), duty('other')];
    for (let second = 0; second < 60; second += 1) {
      expect([await one.isMine(), await other.isMine()]).to.deep.equal([true, false]);
      await clock.advance(1_000);
    }
  });

  it('asked again at once, answers without the store', async () => {
    const one = duty('one');
    for (let time = 0; time < 100; time += 1) expect(await one.isMine()).to.equal(true);
    expect(asked).to.equal(1);
  });

  it("who has it asks no more, is another's once the lease is over, never before", async () => {
    const [one, other] = [duty('one'), duty('other')];
    await one.isMine();
    await clock.advance(LEASE_MS);
    expect(await other.isMine()).to.equal(false);
    await clock.advance(LEASE_MS / 5);
    expect(await other.isMine()).to.equal(true);
    expect(await one.isMine()).to.equal(false);
  });

  it('the store is away, is relied on for four fifths of the lease, then not known', async () => {
    const one = duty('one');
    await one.isMine();
    isAway = true;
    await clock.advance(LEASE_MS * 0.8 - 1);
    expect(await one.isMine()).to.equal(true);
    await settled();
    await clock.advance(1);
    const error = await one.isMine().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(StoreUnavailableError);
    isAway = false;
    expect(await one.isMine()).to.equal(true);
  });

  it('given up, is free for another at once', async () => {
    const [one, other] = [duty('one'), duty('other')];
    await one.isMine();
    await one.giveUp();
    expect(await other.isMine()).to.equal(true);
    expect(await one.isMine()).to.equal(false);
    await one.giveUp();
    expect(await other.isMine()).to.equal(true);
  });
});

import { expect } from 'chai';
import type { AskedLane } from '../../../../shared/domain/job.ts';
import { TenantShares } from '../../../../shared/jobs/tenant-shares.ts';
import { silentLogger } from '../../../support/silent-logger.ts';

const SHARE = 3;

/** A clock that a test moves, and what is told of overflow. */
function world() {
  const state = { nowMs: 0, waiting: true, asked: [] as string[] };
  const overflow = {
    hasWaiting: async (tenant: string, lane: AskedLane) => {
      state.asked.push(`${tenant} ${lane}`);
      return state.waiting;
    },
  };
  const shares = new TenantShares({ overflow, clock: { monotonicMs: () => state.nowMs }, logger: silentLogger(), share: SHARE });
  const lanes = (tenant: string, count: number, lane: AskedLane = 'standard') =>
    Array.from({ length: count }, () => shares.laneFor(tenant, lane));
  return { state, lanes };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('TenantShares', () => {
  it('more than the share at once: what is beyond it waits in overflow; other tenants and other lanes have a share of their own', () => {
    const { lanes } = world();
    expect(lanes('a', 5)).to.deep.equal(['standard', 'standard', 'standard', 'overflow', 'overflow']);
    expect(lanes('b', 1)).to.deep.equal(['standard']);
    expect(lanes('a', 1, 'express')).to.deep.equal(['express']);
  });

  it('jobs that have waited in overflow: nothing newer overtakes them, however long they take', async () => {
    const { state, lanes } = world();
    lanes('a', 4);
    state.nowMs = 3_600_000;
    expect(lanes('a', 1)).to.deep.equal(['overflow']);
    await settled();
    expect([state.asked, lanes('a', 1)]).to.deep.equal([['a standard'], ['overflow']]);
  });

  it('none left in overflow: the tenant has its share again', async () => {
    const { state, lanes } = world();
    lanes('a', 4);
    Object.assign(state, { nowMs: 10_000, waiting: false });
    lanes('a', 1);
    await settled();
    expect(lanes('a', 4)).to.deep.equal(['standard', 'standard', 'standard', 'overflow']);
  });

  it('a tenant within its share: is never asked about, and gets room back as time passes', () => {
    const { state, lanes } = world();
    lanes('a', 3);
    state.nowMs = 5_000;
    expect(lanes('a', 1)).to.deep.equal(['standard']);
    expect(state.asked).to.deep.equal([]);
  });

  it('many jobs while overflow is not empty: it is looked at once each 2 s', async () => {
    const { state, lanes } = world();
    lanes('a', 100);
    expect(state.asked).to.have.length(0);
    state.nowMs = 2_000;
    lanes('a', 100);
    await settled();
    expect(state.asked).to.have.length(1);
  });
});

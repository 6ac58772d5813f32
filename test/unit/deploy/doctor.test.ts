import { expect } from 'chai';
import { clockFinding } from '../../../deploy/doctor/clock-finding.ts';
import { isOlder } from '../../../deploy/doctor/finding.ts';

describe('The doctor of the servers', () => {
  for (const [what, offMs, tookMs, status] of [
    ['the same', 0, 10, 'ok'],
    ['a little ahead', 1_900, 10, 'ok'],
    ['behind by more than the answer took', -2_100, 10, 'warning'],
    ['ahead by less than the answer took', 4_000, 6_000, 'ok'],
    ['an hour ahead', 3_600_000, 10, 'failed'],
    ['an hour behind', -3_600_000, 10, 'failed'],
  ] as const) {
    it(`a clock that is ${what}: is ${status}`, () => {
      const asked = { askedAtMs: 1_000_000, answeredAtMs: 1_000_000 + tookMs };
      const found = clockFinding(1_000_000 + tookMs / 2 + offMs, asked);
      expect(found.status).to.equal(status);
      expect(found.message).to.contain(offMs < 0 ? 'behind this machine' : 'ahead of this machine');
    });
  }

  it('versions: are compared by their numbers', () => {
    expect(['3.9.8', '3.10.0', '4.0.5', '10.1'].map((version) => isOlder(version, [3, 10]))).to.deep.equal([true, false, false, false]);
  });
});

import { expect } from 'chai';
import type { ReleaseLineKey, ReleaseLines } from '../../shared/ports/release-lines.ts';

export interface ReleaseLinesWorld {
  readonly lines: ReleaseLines;
  dispose(hasPassed: boolean): Promise<void>;
}

const AT = new Date('2027-03-28T01:00:00.123Z');
const KEY: ReleaseLineKey = { window: 'night', revision: 1, from: AT, until: new Date(Date.now() + 3_600_000) };
const LINE = { nextAt: AT, groups: { 'a.$b': { at: AT, left: 3 } } };

/** What every ReleaseLines must do. */
export function releaseLinesContract(name: string, makeWorld: () => Promise<ReleaseLinesWorld>): void {
  describe(`${name}: release lines contract`, function () {
    this.timeout(60_000);
    let world: ReleaseLinesWorld;
    let lines: ReleaseLines;
    beforeEach(async () => {
      world = await makeWorld();
      lines = world.lines;
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    it('a line that nobody has written, is none; one written, is read with its version', async () => {
      expect(await lines.read(KEY)).to.equal(undefined);
      expect(await lines.replace(KEY, LINE, 0)).to.equal(true);
      expect(await lines.read(KEY)).to.deep.equal({ ...LINE, version: 1 });
    });

    it('another window, revision or occurrence, has a line of its own', async () => {
      await lines.replace(KEY, LINE, 0);
      for (const other of [{ window: 'day' }, { revision: 2 }, { from: new Date(AT.getTime() + 1) }])
        expect(await lines.read({ ...KEY, ...other })).to.equal(undefined);
    });

    it('of ten that write at once over the same version, one wins', async () => {
      for (const version of [0, 1]) {
        const won = await Promise.all(Array.from({ length: 10 }, () => lines.replace(KEY, LINE, version)));
        expect(won.filter((one) => one)).to.have.length(1);
      }
      expect(await lines.replace(KEY, LINE, 1)).to.equal(false);
    });

    it('a plan: is none until it is noted, is as it was noted last, and is beside all lines', async () => {
      expect(await lines.readPlan()).to.equal(undefined);
      const windows = [
        { name: 'night', mark: '1@x', types: ['a'] },
        { name: 'noon', mark: '2@x' },
      ];
      await lines.notePlan({ windows: [], under: { id: 'i', marks: 'm', since: AT } });
      expect(await lines.readPlan()).to.deep.equal({ windows: [], under: { id: 'i', marks: 'm', since: AT } });
      await lines.notePlan({ windows });
      expect(await lines.readPlan()).to.deep.equal({ windows });
      await lines.replace(KEY, LINE, 0);
      expect(await lines.readPlan()).to.deep.equal({ windows });
    });
  });
}

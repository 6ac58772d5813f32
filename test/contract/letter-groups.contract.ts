import { expect } from 'chai';
import type { LetterGroups } from '../../shared/ports/letter-groups.ts';

/** An empty store of marks of groups. */
export interface LetterGroupsWorld {
  readonly groups: LetterGroups;
  dispose(hasPassed: boolean): Promise<void>;
}

const CAUSE = { type: 'report', stage: 1, fingerprint: '0123456789abcdef' };
const OTHER = { ...CAUSE, stage: 0 };
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

/** What every LetterGroups must do. */
export function letterGroupsContract(name: string, makeWorld: () => Promise<LetterGroupsWorld>): void {
  describe(`${name}: groups of dead letters contract`, function () {
    this.timeout(30_000);
    let world: LetterGroupsWorld;
    let groups: LetterGroups;
    beforeEach(async () => {
      world = await makeWorld();
      groups = world.groups;
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    it('a note, is kept as it is and leaves the state', async () => {
      const first = await groups.change(CAUSE, { by: '$who', event: 'note', text: '$text' });
      expect(first).to.deep.include({ ...CAUSE, state: 'open' });
      expect(first.notes[0]).to.deep.include({ by: '$who', event: 'note', text: '$text' });
      await groups.change(CAUSE, { by: 'a', event: 'resolved' });
      const { notes, state, resolvedAt } = await groups.change(CAUSE, { by: 'b', event: 'note', text: 'later' });
      expect([state, notes.map(({ event }) => event)]).to.deep.equal(['resolved', ['note', 'resolved', 'note']]);
      expect(resolvedAt).to.be.instanceOf(Date);
      expect(await groups.read(OTHER)).to.equal(undefined);
    });

    it('ignored until a moment, then resolved, then reopened: only what belongs to the state stays', async () => {
      const ignored = await groups.change(CAUSE, { by: 'a', event: 'ignored', until: at(9) });
      expect(ignored)
        .to.deep.include({ state: 'ignored', until: at(9) })
        .and.not.have.any.keys('resolvedAt');
      const resolved = await groups.change(CAUSE, { by: 'a', event: 'resolved' });
      expect(resolved).to.have.property('resolvedAt').that.is.instanceOf(Date);
      expect(resolved).to.not.have.property('until');
      const open = await groups.change(CAUSE, { by: 'a', event: 'reopened' });
      expect(open).to.include({ state: 'open' }).and.not.have.any.keys('resolvedAt', 'until', 'regressedAt');
    });

    it('what was seen, widens to the first and the last', async () => {
      await groups.change(CAUSE, { by: 'a', event: 'note', text: 'x', seen: { firstAt: at(5), lastAt: at(6) } });
      await groups.change(CAUSE, { by: 'a', event: 'note', text: 'x', seen: { firstAt: at(3), lastAt: at(4) } });
      const mark = await groups.change(CAUSE, { by: 'a', event: 'resolved' });
      expect(mark).to.deep.include({ firstAt: at(3), lastAt: at(6) });
    });

    it('a regression, is noted once, and not of another resolution than the one that was read', async () => {
      const first = await groups.change(CAUSE, { by: 'a', event: 'resolved' });
      expect([await groups.regressed(first, at(7)), await groups.regressed(first, at(8))]).to.deep.equal([true, false]);
      const noted = (await groups.read(CAUSE))!;
      expect(noted).to.deep.include({ regressedAt: at(7), state: 'resolved' });
      expect(noted.notes.at(-1)).to.include({ by: 'jobline', event: 'regression' });
      await new Promise((resolve) => setTimeout(resolve, 5));
      const again = await groups.change(CAUSE, { by: 'a', event: 'resolved' });
      expect(again).to.not.have.property('regressedAt');
      expect(await groups.regressed(first, at(9))).to.equal(false);
      expect(await groups.regressed(await groups.change(OTHER, { by: 'a', event: 'note' }), at(9))).to.equal(false);
    });

    it('all, are those that were marked, changed last first; notes are bounded', async () => {
      for (let n = 0; n < 105; n += 1) await groups.change(CAUSE, { by: 'a', event: 'note', text: `${n}` });
      await new Promise((resolve) => setTimeout(resolve, 5));
      await groups.change(OTHER, { by: 'a', event: 'note', text: 'x' });
      const all = await groups.all();
      expect(all.map(({ stage }) => stage)).to.deep.equal([0, 1]);
      expect(all[1]!.notes.map(({ text }) => text))
        .to.have.length(100)
        .and.include('104');
    });
  });
}

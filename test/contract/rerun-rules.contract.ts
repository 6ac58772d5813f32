import { expect } from 'chai';
import type { RerunRule } from '../../shared/domain/rerun/rerun-rule.ts';
import type { RerunRules } from '../../shared/ports/rerun-rules.ts';

/** A rule for tests. */
export function someRerunRule(more: Partial<RerunRule> = {}): RerunRule {
  return { id: 'rule', name: '$name', priority: 100, when: {}, isEnabled: true, afterMinutes: 10, maxRuns: 2, ...more };
}

/** What every RerunRules do. */
export function rerunRulesContract(
  name: string,
  makeWorld: () => Promise<{ readonly rules: RerunRules; dispose(hasPassed: boolean): Promise<void> }>,
): void {
  describe(`RerunRules: ${name}`, function () {
    this.timeout(60_000);
    let world: Awaited<ReturnType<typeof makeWorld>>;
    let hasPassed = true;
    before(async () => {
      world = await makeWorld();
    });
    afterEach(async function () {
      hasPassed &&= this.currentTest?.isPassed() ?? false;
      for (const { id } of await world.rules.list()) await world.rules.remove(id);
    });
    after(() => world.dispose(hasPassed));

    it('rules, are kept as they are, in the order of their priorities, until they are removed', async () => {
      const { rules } = world;
      const when = { type: '$t', errorCode: 'a.b', errorClass: 'timeout', fingerprint: '0123456789abcdef' } as const;
      await rules.put(someRerunRule({ id: 'b', when }), 'x');
      await rules.put(someRerunRule({ id: 'a', isEnabled: false, budgetPerHour: 5 }), 'x');
      const first = await rules.put(someRerunRule({ id: 'c', priority: 1 }), '$who');
      expect(first).to.deep.include({ ...someRerunRule({ id: 'c', priority: 1 }), by: '$who', spent: 0 });
      expect(first.updatedAt).to.be.instanceOf(Date);
      const [, a, b] = await rules.list();
      expect([a!.id, a!.isEnabled, a!.budgetPerHour, b!.id, b!.when]).to.deep.equal(['a', false, 5, 'b', when]);
      await rules.put(someRerunRule({ id: 'a', maxRuns: 0 }), 'y');
      expect((await rules.list())[1])
        .to.deep.include({ maxRuns: 0, by: 'y' })
        .and.not.have.property('budgetPerHour');
      expect([await rules.remove('a'), await rules.remove('a'), (await rules.list()).length]).to.deep.equal([true, false, 2]);
    });

    it('a budget, grants what is left of it in this hour, however many ask at once; a rule said anew has spent it still', async () => {
      const { rules } = world;
      await rules.put(someRerunRule({ budgetPerHour: 10 }), 'x');
      const granted = await Promise.all([4, 4, 4].map((wanted) => rules.spend('rule', wanted, 10)));
      expect(granted.toSorted()).to.deep.equal([2, 4, 4]);
      expect([await rules.spend('rule', 1, 10), (await rules.list())[0]!.spent]).to.deep.equal([0, 10]);
      await rules.put(someRerunRule({ budgetPerHour: 11 }), 'x');
      expect([await rules.spend('rule', 5, 11), await rules.spend('rule', 5, 3), await rules.spend('none', 1, 1)]).to.deep.equal([1, 0, 0]);
    });
  });
}

import { expect } from 'chai';
import type { CaseRun } from './run-failpoint-case.ts';
import { runTierA, TIER_A, type TierA } from './tier-a.ts';

/** Tier A takes four minutes on two cores with nothing else to do. */
const WITHIN_MS = 900_000;

type Outcome = CaseRun | Error | 'skipped';

/** The first answer for each name, whoever comes first: the one who asks or the one who answers. */
class Outcomes {
  readonly #waiting = new Map<string, { promise: Promise<Outcome>; resolve(outcome: Outcome): void }>();

  #of(name: string) {
    let one = this.#waiting.get(name);
    if (!one) {
      let resolve: (outcome: Outcome) => void = () => undefined;
      const promise = new Promise<Outcome>((set) => (resolve = set));
      this.#waiting.set(name, (one = { promise, resolve }));
    }
    return one;
  }

  until(name: string): Promise<Outcome> {
    return this.#of(name).promise;
  }

  settle(name: string, outcome: Outcome): void {
    this.#of(name).resolve(outcome);
  }
}

describe('chaos, tier A', function () {
  this.timeout(WITHIN_MS);
  const outcomes = new Outcomes();
  const said: string[] = [];
  let whole: Promise<TierA>;

  before('all systems are started at once, each goes through its cases in turn', () => {
    whole = runTierA({ say: (line) => said.push(line), onCase: (name, run) => outcomes.settle(name, run) });
    const tellAll = (outcome: Outcome): void => {
      for (const name of TIER_A.flatMap(({ cases }) => cases)) outcomes.settle(name, outcome);
    };
    whole.then(() => tellAll('skipped'), tellAll);
  });

  for (const { group, cases } of TIER_A) {
    describe(group, () => {
      for (const name of cases) {
        it(`${name}: is done, and healed`, async function () {
          const outcome = await outcomes.until(name);
          if (outcome === 'skipped') return this.skip();
          if (outcome instanceof Error) throw outcome;
          expect(outcome.ids).to.have.length.above(0);
        });
      }
    });
  }

  it('nothing is lost, nothing takes effect twice, no transition is illegal, the dead letters are those that must be', async () => {
    const { verdict, late } = await whole.catch((error: Error) => {
      throw new Error(`${error.message}\n${said.join('\n')}`);
    });
    if (late.length > 0) process.stdout.write(`${said.join('\n')}\n`);
    process.stdout.write(`${verdict.lines.join('\n')}\n`);
    expect(verdict.violations, verdict.lines.join('\n')).to.deep.equal([]);
    expect(verdict.isGood).to.equal(true);
  });
});

import { expect } from 'chai';
import { KeyLookups } from '../../../../services/gateway/access/key-lookups.ts';
import { Problem } from '../../../../services/gateway/problems.ts';
import type { ApiKey } from '../../../../shared/domain/api-key.ts';

const KNOWN: ApiKey = { id: 'known', name: 'x', tenant: 'acme', scopes: ['read'], digest: 'x', createdAt: new Date(0) };

describe('KeyLookups', () => {
  let nowMs: number;
  let asked: string[];
  let answer: (id: string) => Promise<ApiKey | undefined>;
  let lookups: KeyLookups;
  beforeEach(() => {
    nowMs = 0;
    asked = [];
    answer = async (id) => (id === KNOWN.id ? KNOWN : undefined);
    const read = (id: string) => {
      asked.push(id);
      return answer(id);
    };
    lookups = new KeyLookups({ keys: { read }, guard: { run: (work) => work() }, clock: { monotonicMs: () => nowMs } });
  });

  it('a key, is asked for again 4 s after the last question began, however long its answer took', async () => {
    answer = async () => {
      nowMs += 1_500;
      return KNOWN;
    };
    expect(await lookups.find('known')).to.equal(KNOWN);
    nowMs = 3_999;
    expect(lookups.find('known')).to.equal(KNOWN);
    nowMs = 4_000;
    await lookups.find('known');
    expect(asked).to.deep.equal(['known', 'known']);
  });

  it('ids that nobody has, are forgotten beyond 10,000, and drive out no key', async () => {
    await lookups.find('known');
    await lookups.find('id-0');
    for (let number = 1; number <= 10_000; number += 1) await lookups.find(`id-${number}`);
    asked.length = 0;
    expect(lookups.find('known')).to.equal(KNOWN);
    await lookups.find('id-10000');
    await lookups.find('id-0');
    expect(asked).to.deep.equal(['id-0']);
  });

  it('questions for one key at once, are one; for more than 100, are refused, and not kept', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    answer = async () => {
      await held;
      return undefined;
    };
    const waiting = Array.from({ length: 100 }, (_, number) => [lookups.find(`id-${number}`), lookups.find(`id-${number}`)]).flat();
    expect(asked).to.have.length(100);
    expect(() => lookups.find('one-more'))
      .to.throw(Problem)
      .with.property('code', 'overloaded');
    release();
    await Promise.all(waiting);
    expect(await lookups.find('one-more')).to.equal(undefined);
  });

  it('a question that fails, is asked again by the next', async () => {
    answer = async () => {
      throw new Error('away');
    };
    expect(await Promise.resolve(lookups.find('known')).catch((error: Error) => error.message)).to.equal('away');
    answer = async () => KNOWN;
    expect(await lookups.find('known')).to.equal(KNOWN);
  });
});

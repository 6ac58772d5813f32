import { expect } from 'chai';
import { localModule } from '../../../support/local-stack.ts';

describe('verdict lines', () => {
  let sumOfVerdicts: (output: string) => { readonly line: string; readonly isGood: boolean };

  before(async () => {
    ({ sumOfVerdicts } = await localModule<{ sumOfVerdicts: typeof sumOfVerdicts }>('verdict-lines.mjs'));
  });

  it('several runs in the output of the tests, are added up', () => {
    const output = [
      '  A suite',
      'accepted 7',
      '0 lost, 0 duplicate effects, 7 accepted, 2 re-executed, 1 fenced',
      '    ✔ something (12ms)',
      '  0 lost, 0 duplicate effects, 30 accepted, 0 re-executed, 4 fenced ',
      '3 passed, 0 failed',
    ].join('\n');
    expect(sumOfVerdicts(output)).to.deep.equal({
      line: '0 lost, 0 duplicate effects, 37 accepted, 2 re-executed, 5 fenced',
      isGood: true,
    });
  });

  it('one that lost something or did it twice, spoils the sum', () => {
    const good = '0 lost, 0 duplicate effects, 7 accepted, 2 re-executed, 1 fenced\n';
    expect(sumOfVerdicts(`${good}1 lost, 0 duplicate effects, 7 accepted, 0 re-executed, 0 fenced\n`).isGood).to.equal(false);
    expect(sumOfVerdicts(`0 lost, 2 duplicate effects, 7 accepted, 0 re-executed, 0 fenced\n${good}`).isGood).to.equal(false);
  });

  it('none at all, is nothing good', () => {
    expect(sumOfVerdicts('5 passed, 0 failed\n')).to.deep.equal({
      line: '0 lost, 0 duplicate effects, 0 accepted, 0 re-executed, 0 fenced',
      isGood: false,
    });
  });
});

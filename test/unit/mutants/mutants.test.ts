import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { filesOf, mutated } from '../../mutants/mutant-tree.ts';
import { MUTANTS } from '../../mutants/mutants.ts';

describe('mutants', () => {
  it('are at least twenty, each with a name of its own', () => {
    expect(MUTANTS.length).to.be.at.least(20);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).to.equal(MUTANTS.length);
  });

  for (const mutant of MUTANTS) {
    it(`${mutant.name}: changes what stands in the code today`, () => {
      for (const file of filesOf(mutant)) {
        const source = readFileSync(join(projectRoot(), file), 'utf8');
        expect(mutated(source, mutant, file)).to.not.equal(source);
      }
    });
  }

  it('whose text is gone or stands twice, is an error that says which', () => {
    const mutant = { ...MUTANTS[0]!, name: 'old', edits: [{ file: 'a.ts', find: 'x', replace: 'y' }] };
    expect(() => mutated('nothing', mutant, 'a.ts')).to.throw('Mutant old: its text stands 0 times in a.ts');
    expect(() => mutated('xx', mutant, 'a.ts')).to.throw('stands 2 times');
    expect(mutated('x$&', { ...mutant, edits: [{ file: 'a.ts', find: 'x', replace: '$&' }] }, 'a.ts')).to.equal('$&$&');
  });
});

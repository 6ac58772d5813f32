import { expect } from 'chai';
import { errorFingerprint, messagePattern } from '../../../../../shared/domain/dead-letters/fingerprint.ts';

const of = (message: string, code = 'c') => errorFingerprint({ code, message });

describe('the fingerprint of an error', () => {
  it('messages that differ in numbers, ids, addresses and quoted texts, have one', () => {
    const same = [
      ['Row 17 has 3 fields, not 4.', 'Row 2,118 has 12 fields, not 4.'],
      ['No host "a.example" at http://a.example/x?y=1', 'No host "b" at https://b.example:8080/'],
      ['Job 01a225c7-42b1-75a0-ab7b-b6114d381a59 is gone', 'Job 01a225c7-42b1-75a0-ab7b-000000000000 is gone'],
      ['digest deadbeef0 is wrong', 'digest 0123456789abcdef is wrong'],
      ['a  b\n c', 'a b c'],
    ] as const;
    for (const [a, b] of same) expect(of(a), a).to.equal(of(b));
  });

  it('other codes and other words, have another', () => {
    const all = [of('It broke.'), of('It broke.', 'd'), of('It burst.'), of(''), of('accede decade'), of('facade added')];
    expect(new Set(all).size).to.equal(all.length);
  });

  it('any text, has 16 hex digits; what is beyond 200 characters of the pattern does not count', () => {
    for (const text of ['', 'é\u0000\ud800', '"'.repeat(10_000), 'x'.repeat(100_000)]) expect(of(text)).to.match(/^[0-9a-f]{16}$/);
    expect(of(`${'x '.repeat(200)}a`)).to.equal(of(`${'x '.repeat(200)}b`));
    expect(messagePattern('Row 17 of "a.csv" is 12.5 % too long')).to.equal('Row <n> of <text> is <n> % too long');
  });

  it('the same error, has the same in every release', () => {
    expect(errorFingerprint({ code: 'stage_timeout', message: 'Process 1 timed out after 30 s.' })).to.equal('d1ab1a0a11d2c1c4');
  });
});

import { expect } from 'chai';
import { applyPatch, mergePatch } from '../../../../../shared/domain/json-patch/apply-patch.ts';
import { jsonDiff } from '../../../../../shared/domain/json-patch/json-diff.ts';
import type { PatchOperation } from '../../../../../shared/domain/json-patch/patch-operation.ts';

const apply = (document: unknown, ...patch: PatchOperation[]) => {
  const patched = applyPatch(document, patch, 1_000);
  return patched.ok ? patched.value : patched.problem;
};

describe('JSON Patch', () => {
  const cases: readonly (readonly [string, unknown, readonly PatchOperation[], unknown])[] = [
    ['adds a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    ['adds before an element', [1, 3], [{ op: 'add', path: '/1', value: 2 }], [1, 2, 3]],
    ['adds at the end', { a: [1] }, [{ op: 'add', path: '/a/-', value: [2] }], { a: [1, [2]] }],
    [
      'removes a member, and an element',
      { a: [1, 2], b: 0 },
      [
        { op: 'remove', path: '/b' },
        { op: 'remove', path: '/a/0' },
      ],
      { a: [2] },
    ],
    ['replaces the whole', { a: 1 }, [{ op: 'replace', path: '', value: 7 }], 7],
    ['moves', { a: { x: 1 }, b: {} }, [{ op: 'move', from: '/a/x', path: '/b/y' }], { a: {}, b: { y: 1 } }],
    ['copies', { a: [1] }, [{ op: 'copy', from: '/a', path: '/b' }], { a: [1], b: [1] }],
    ['tests regardless of order', { a: { x: 1, y: 2 } }, [{ op: 'test', path: '/a', value: { y: 2, x: 1 } }], { a: { x: 1, y: 2 } }],
    [
      'reads ~0 and ~1',
      { 'a/b': 1, 'm~n': 2 },
      [
        { op: 'remove', path: '/a~1b' },
        { op: 'replace', path: '/m~0n', value: 3 },
      ],
      { 'm~n': 3 },
    ],
    ['takes __proto__ for a name', {}, [{ op: 'add', path: '/__proto__', value: { x: 1 } }], JSON.parse('{"__proto__": {"x": 1}}')],
  ];
  for (const [what, document, patch, expected] of cases) {
    it(`${what}, and leaves what it is applied to`, () => {
      const before = structuredClone(document);
      expect(JSON.stringify(apply(document, ...patch))).to.equal(JSON.stringify(expected));
      expect(document).to.deep.equal(before);
      expect(({} as { x?: number }).x).to.equal(undefined);
    });
  }

  it('what does not fit: says which operation and why', () => {
    const remove: PatchOperation = { op: 'remove', path: '/a' };
    expect(apply({ a: 1 }, remove, remove)).to.deep.equal({ at: 1, detail: 'there is no "a"' });
    expect(apply([1], { op: 'add', path: '/2', value: 0 })).to.deep.equal({ at: 0, detail: '"2" is no position in a list of 1' });
    expect(apply([1], { op: 'replace', path: '/01', value: 0 })).to.include({ at: 0 });
    expect(apply({ a: 1 }, { op: 'test', path: '/a', value: 2 })).to.deep.equal({ at: 0, detail: '/a is not what is tested for' });
    expect(apply({ a: 1 }, { op: 'add', path: '/a/b', value: 2 })).to.include({ at: 0 });
    expect(apply({ a: {} }, { op: 'move', from: '/a', path: '/a/b' })).to.deep.equal({
      at: 0,
      detail: 'a value cannot be moved into itself',
    });
    expect(apply({}, { op: 'remove', path: 'a' })).to.deep.equal({ at: 0, detail: '"a" is no JSON Pointer' });
    expect(apply({}, { op: 'remove', path: '/constructor' })).to.include({ at: 0 });
  });

  it('copies of copies, are bounded', () => {
    const double: PatchOperation[] = Array.from({ length: 60 }, () => ({ op: 'copy', from: '', path: '/a' }));
    expect(apply({ a: 'x'.repeat(100) }, ...double))
      .to.have.property('detail')
      .that.contains('more than 1000 characters');
  });

  it('a merge: null takes away, lists are replaced, the rest stays', () => {
    expect(mergePatch({ a: { b: 1, c: 2 }, d: [1] }, { a: { b: null, x: 3 }, d: [2] })).to.deep.equal({ a: { c: 2, x: 3 }, d: [2] });
    expect(mergePatch([1], { a: { b: null } })).to.deep.equal({ a: {} });
  });

  it('a difference, applied to the first gives the second', () => {
    let seed = 7;
    const random = (most: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % most;
    const value = (depth: number): unknown => {
      const kind = random(depth > 0 ? 5 : 3);
      if (kind === 3) return Array.from({ length: random(4) }, () => value(depth - 1));
      if (kind === 4)
        return Object.fromEntries(Array.from({ length: random(4) }, () => [['a', 'b/c', '~', ''][random(4)]!, value(depth - 1)]));
      return [null, random(3), 'x'][kind];
    };
    for (let n = 0; n < 2_000; n += 1) {
      const [before, after] = [value(3), value(3)];
      expect(apply(before, ...jsonDiff(before, after)), JSON.stringify([before, after])).to.deep.equal(after);
    }
    expect(jsonDiff({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).to.deep.equal([]);
  });
});

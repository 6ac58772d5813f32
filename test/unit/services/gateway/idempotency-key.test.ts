import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import { idempotencyKey } from '../../../../services/gateway/idempotency-key.ts';
import { Problem } from '../../../../services/gateway/problems.ts';
import { fingerprint } from '../../../../shared/schema/fingerprint.ts';

function requestWith(...values: string[]): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  if (values.length === 0) return request;
  Object.defineProperty(request, 'headers', { value: { 'idempotency-key': values.join(', ') } });
  Object.defineProperty(request, 'headersDistinct', { value: { 'idempotency-key': values } });
  return request;
}

describe('idempotencyKey', () => {
  for (const [value, key] of [
    ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['"with \\"quotes\\" and \\\\"', 'with "quotes" and \\'],
    ['  "padded"  ', 'padded'],
    [`"${'k'.repeat(255)}"`, 'k'.repeat(255)],
  ] as const) {
    it(`${value.slice(0, 40)}: is read`, () => expect(idempotencyKey(requestWith(value))).to.equal(key));
  }

  it('no header: no key', () => expect(idempotencyKey(requestWith())).to.equal(undefined));

  for (const values of [['""'], [''], ['"a'], ['a b'], ['"a", "b"'], ['"ü"'], ['"a\\n"'], ['k'.repeat(256)], ['"a"', '"a"'], ['"a";x=1']]) {
    it(`${JSON.stringify(values).slice(0, 40)}: refused with 400`, () => {
      expect(() => idempotencyKey(requestWith(...values)))
        .to.throw(Problem)
        .with.property('code', 'invalid_idempotency_key');
    });
  }
});

describe('fingerprint', () => {
  it('the same value with its keys in another order: the same', () => {
    expect(fingerprint({ a: 1, b: { c: [1, 2], d: null } })).to.equal(fingerprint({ b: { d: null, c: [1, 2] }, a: 1 }));
  });

  it('a field that is undefined: as if it were not there', () => {
    expect(fingerprint({ a: 1, b: undefined })).to.equal(fingerprint({ a: 1 }));
  });

  it('values that differ, if only in type or order of a list: differ', () => {
    const values = [{ a: 1 }, { a: '1' }, { a: null }, {}, [], { a: [1, 2] }, { a: [2, 1] }, { 'a":1,"b': 1 }, { a: 1, b: 1 }];
    expect(new Set(values.map(fingerprint)).size).to.equal(values.length);
  });

  it('any two JSON values: equal fingerprints exactly when they are equal', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const [one, two] = [JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b))];
        expect(fingerprint(one) === fingerprint(two)).to.equal(isSame(one, two));
      }),
    );
  });
});

function isSame(a: unknown, b: unknown): boolean {
  try {
    expect(a).to.deep.equal(b);
    return true;
  } catch {
    return false;
  }
}

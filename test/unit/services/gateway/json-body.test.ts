import { expect } from 'chai';
import fc from 'fast-check';
import { parseJson } from '../../../../services/gateway/json-body.ts';
import { jsonErrorPosition } from '../../../../services/gateway/json-error-position.ts';
import { Problem } from '../../../../services/gateway/problems.ts';

function problemOf(text: string | Buffer): Problem {
  try {
    parseJson(Buffer.from(text as string));
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('jsonErrorPosition', () => {
  for (const [text, offset] of [
    ['', 0],
    ['{"a":}', 5],
    ['{"a":1,}', 7],
    ['[1,2', 4],
    ['[1 2]', 3],
    ['{"a" 1}', 5],
    ['{a:1}', 1],
    ["{'a':1}", 1],
    ['[01]', 1],
    ['[1.]', 1],
    ['[+1]', 1],
    ['tru', 0],
    ['null null', 5],
    ['"a\nb"', 0],
    ['["\\x"]', 1],
    ['{"a":[1,{"b":2]}', 14],
    ['[1,]', 3],
    [']', 0],
    ['NaN', 0],
  ] as const) {
    it(`${JSON.stringify(text)}: stops being JSON at ${offset}`, () => {
      expect(() => JSON.parse(text)).to.throw(SyntaxError);
      expect(jsonErrorPosition(text).offset).to.equal(offset);
    });
  }

  it('an error on a later line: line and column count from 1', () => {
    expect(jsonErrorPosition('{\n  "a": 1,\n  b\n}')).to.deep.equal({ offset: 14, line: 3, column: 3 });
  });

  it('any JSON with one character changed: what stands before the position is without error', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom('', '}', ']', '"', ',', ':', 'x', '1', '\\'), (json, at, character) => {
        const place = at % (json.length + 1);
        const text = json.slice(0, place) + character + json.slice(place + 1);
        const { offset } = jsonErrorPosition(text);
        let isValid = true;
        try {
          JSON.parse(text);
        } catch {
          isValid = false;
        }
        if (isValid) expect(offset).to.equal(text.length);
        // What stands before the position is the beginning of some JSON: cut there, only the end is missing.
        expect(jsonErrorPosition(text.slice(0, offset)).offset).to.equal(offset);
      }),
      { numRuns: 500 },
    );
  });

  it('a string of a megabyte: its end is found', () => {
    const text = `{"a":"${'x'.repeat(1_000_000)}",}`;
    expect(jsonErrorPosition(text).offset).to.equal(text.length - 1);
  });
});

describe('parseJson', () => {
  it('valid JSON, with or without a byte order mark: its value', () => {
    expect(parseJson(Buffer.from('{"a":[1,"ü",null]}'))).to.deep.equal({ a: [1, 'ü', null] });
    expect(parseJson(Buffer.from('\uFEFF{"a":1}'))).to.deep.equal({ a: 1 });
  });

  it('malformed JSON: names line and column, and the offset as a field', () => {
    const problem = problemOf('{"a":1,\n"b"}');
    expect(problem).to.include({ code: 'malformed_json', status: 400 });
    expect(problem.message).to.contain('line 2, column 4');
    expect(problem.fields).to.include({ offset: 11, line: 2, column: 4 });
  });

  it('an empty body, a cut one, one that is not UTF-8: each says so', () => {
    expect(problemOf('').message).to.contain('empty');
    expect(problemOf('{"a":').message).to.contain('ends too early');
    expect(problemOf(Buffer.from([0x22, 0xff, 0x22])).message).to.contain('UTF-8');
  });

  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

  it('32 levels: accepted; 33: refused; a megabyte of brackets: refused without running out of stack', () => {
    expect(parseJson(Buffer.from(nested(32)))).to.be.an('array');
    expect(problemOf(nested(33))).to.include({ code: 'forbidden_json', status: 400 });
    expect(problemOf(nested(500_000)).message).to.contain('deeper than 32');
    expect(problemOf('['.repeat(1_000_000)).code).to.equal('malformed_json');
  });

  it('other limits of depth and array length: hold to the last level and element, and name the place', () => {
    const within = { maxJsonDepth: 3, maxJsonArrayLength: 4 };
    const boundOf = (text: string) => {
      try {
        parseJson(Buffer.from(text), undefined, within);
      } catch (error) {
        return error as Problem;
      }
      return undefined;
    };
    expect(boundOf('[[[1,2,3,4]],2,3,4]')).to.equal(undefined);
    expect(boundOf('{"a":[[[1]]]}')).to.include({ code: 'forbidden_json', bound: 'json_depth' });
    const long = boundOf('{"a":[[1,2,3,4,5]]}');
    expect(long).to.include({ code: 'forbidden_json', bound: 'json_array_length' });
    expect(long!.message).to.equal('/a/0 is an array of 5 elements; the limit is 4.');
    expect(problemOf(`[${'0,'.repeat(100_000)}0]`).message).to.contain('an array of 100001 elements');
  });

  for (const key of ['__proto__', 'constructor', 'prototype', '\\u005f_proto__', 'a\\u0000b']) {
    it(`a key ${key}: refused with its pointer`, () => {
      const problem = problemOf(`{"rows":[{"x":1},{"${key}":{"admin":true}}]}`);
      expect(problem.code).to.equal('forbidden_json');
      expect((problem.fields['errors'] as { pointer: string }[])[0]!.pointer).to.match(/^\/rows\/1\/./);
    });
  }

  it('such a word as a value: accepted', () => {
    expect(parseJson(Buffer.from('["__proto__","constructor"]'))).to.deep.equal(['__proto__', 'constructor']);
  });

  it('an integer that loses digits: refused with the digits; one that does not, and a large decimal: accepted', () => {
    const problem = problemOf('{"id": 12345678901234567891}');
    expect(problem.message).to.contain('12345678901234567891').and.to.contain('string');
    expect(parseJson(Buffer.from('[9007199254740992, 1e300, "12345678901234567891"]'))).to.have.length(3);
  });

  it('a number beyond a double: refused', () => expect(problemOf('[1e400]').message).to.contain('range of a double'));
});

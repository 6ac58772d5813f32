import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { columnOf, profileOf } from './report-job.ts';

describe('report of JSON', function () {
  this.timeout(120_000);

  const same = [
    { situation: 'NDJSON', content: '{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n', format: 'ndjson' },
    { situation: 'NDJSON with blank lines and CRLF', content: '{"a":1,"b":"x"}\r\n\r\n{"a":2,"b":"y"}\r\n', format: 'ndjson' },
    { situation: 'NDJSON with a byte order mark', content: '\ufeff{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n', format: 'ndjson' },
    { situation: 'an array', content: '[{"a":1,"b":"x"},{"a":2,"b":"y"}]', format: 'json' },
    { situation: 'a pretty array', content: '[\n  {\n    "a": 1,\n    "b": "x"\n  },\n  { "a": 2, "b": "y" }\n]\n', format: 'json' },
    { situation: 'an array with a byte order mark', content: '\ufeff[{"a":1,"b":"x"},{"a":2,"b":"y"}]', format: 'json' },
    { situation: 'objects across lines', content: '{\n"a":1,"b":"x"\n}\n{\n"a":2,"b":"y"\n}\n', format: 'json' },
    {
      situation: 'an object with the array',
      content: '{"ok":true,"tags":["t"],"data":[{"a":1,"b":"x"},{"a":2,"b":"y"}],"n":2}',
      format: 'json',
    },
    { situation: 'gzip', content: gzipSync('[{"a":1,"b":"x"},{"a":2,"b":"y"}]'), format: 'json' },
  ];
  for (const { situation, content, format } of same) {
    it(`rows, ${situation}, are read`, async () => {
      const { profile, table } = await profileOf({ content });
      expect(table).to.deep.equal([
        [1, 'x'],
        [2, 'y'],
      ]);
      expect(profile.source).to.include({ format, encoding: 'utf-8', delimiter: null });
    });
  }

  it('objects with different keys give the columns of all, in order of appearance', async () => {
    const { profile, table } = await profileOf({ content: '{"b":1}\n{"a":"x","b":null}\n{"c":true,"a":null}\n' });
    expect(profile.columns.map(({ name, type }) => [name, type])).to.deep.equal([
      ['b', 'integer'],
      ['a', 'text'],
      ['c', 'boolean'],
    ]);
    expect(table).to.deep.equal([
      [1, null, null],
      [null, 'x', null],
      [null, null, true],
    ]);
  });

  it('types come from JSON, dates from texts', async () => {
    const row = (n: number) =>
      `{"i":${n}2345678901234567890,"f":${n}.5,"d":"2024-01-0${n}","t":"2024-01-0${n}T00:00:00Z","s":"00${n}","v":"${n}","n":null,"o":{"y":[${n}]},"l":[]}`;
    const { profile, table } = await profileOf({ content: `[${row(1)},${row(2)}]` });
    expect(profile.columns.map(({ name, type }) => `${name} ${type}`)).to.deep.equal([
      'i integer',
      'f decimal',
      'd date',
      't timestamp',
      's text',
      'v text',
      'n text',
      'o nested',
      'l nested',
    ]);
    expect(table[0]).to.deep.equal([
      '12345678901234567890',
      1.5,
      '2024-01-01',
      '2024-01-01T00:00:00Z',
      '001',
      '1',
      null,
      '{"y":[1]}',
      '[]',
    ]);
    expect(columnOf(profile, 'l')).to.deep.include({ distinct: 1, min: null, max: null, top: [{ value: '[]', count: 2 }] });
  });

  it('column of several JSON types is text and says so', async () => {
    const { profile, table } = await profileOf({ content: '[{"a":1},{"a":"x"},{"a":{"b":2}},{"a":true}]' });
    expect(table).to.deep.equal([['1'], ['x'], ['{"b":2}'], ['true']]);
    expect(profile.warnings.join()).to.contain('several JSON types');
  });

  it('keys of any kind are names and nothing else', async () => {
    const names = ['a"b', 'c/d', 'e~f', 'é', 'ID', 'id', '$.x', "'; DROP TABLE source; --"];
    const { profile, table } = await profileOf({
      content: JSON.stringify([Object.fromEntries(names.map((name, index) => [name, index]))]),
    });
    expect(profile.columns.map(({ name }) => name)).to.deep.equal(names);
    expect(table).to.deep.equal([names.map((_, index) => index)]);
  });

  it('texts with escapes, emoji and quotes are kept', async () => {
    const text = 'a "b" \\ \n \u0000 😀 é';
    expect((await profileOf({ content: `${JSON.stringify({ t: text })}\n` })).table).to.deep.equal([[text]]);
  });

  it('inline rows are profiled like a file', async () => {
    const rows = [
      { a: 1, b: 'x' },
      { b: null, c: { d: 1 } },
      { a: 2.5, c: [1], __proto__x: 'p' },
    ];
    const { profile, table } = await profileOf({ rows });
    expect(profile.source).to.include({ format: 'rows', encoding: null, delimiter: null, compression: null });
    expect(profile.title).to.equal('Report');
    expect(profile.columns.map(({ name, type, count, nulls }) => [name, type, count, nulls])).to.deep.equal([
      ['a', 'decimal', 2, 1],
      ['b', 'text', 1, 2],
      ['c', 'nested', 2, 1],
      ['__proto__x', 'text', 1, 2],
    ]);
    expect(table[1]).to.deep.equal([null, null, '{"d":1}', null]);
  });

  it('nested values, written with and without spaces, are equal', async () => {
    const content = '[{"a":{"x": 1}},\n{"a": {"x":1} },{"a":{ "x" : 1 }, "long": 12345678901234567890}]';
    const { profile } = await profileOf({ content });
    expect(columnOf(profile, 'a')).to.deep.include({ distinct: 1, top: [{ value: '{"x":1}', count: 3 }] });
  });

  it('nested value with a long number keeps its digits', async () => {
    const { table } = await profileOf({ content: '[{"a": { "b c": [ 12345678901234567890, "x  y" ] }}]' });
    expect(table).to.deep.equal([['{"b c":[12345678901234567890,"x  y"]}']]);
  });

  it('key that is empty, or the same but for spaces, gets a name and a warning', async () => {
    const { profile } = await profileOf({ content: '[{"":1,"a":2," a":3}]' });
    expect(profile.columns.map(({ name }) => name)).to.deep.equal(['column_1', 'a', 'a_2']);
    expect(profile.warnings).to.deep.equal([
      'Headers that occur more than once were numbered: "a".',
      '1 column without a header named by position: column_1.',
    ]);
  });
});

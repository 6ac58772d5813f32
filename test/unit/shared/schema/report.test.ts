import { expect } from 'chai';
import { JobTypeChecks } from '../../../../shared/schema/job-type-checks.ts';
import { reportOptions } from '../../../../shared/schema/report.ts';

const types = new JobTypeChecks();
const rows = [{ city: 'Wien', price: 1.5 }];

function problemsOf(input: unknown, options: unknown = {}): readonly string[] {
  const checked = types.check('report', { input, options });
  if (!checked) throw new Error('report is not a type');
  return checked.ok ? [] : checked.problems.map(({ pointer, detail }) => `${pointer} ${detail}`);
}

describe('the schema of report', () => {
  it('rows alone: accepted, with every default filled in', () => {
    const checked = types.check('report', { input: { rows }, options: undefined });
    expect(checked).to.deep.equal({
      ok: true,
      input: { rows },
      options: { filter: [], group_by: [], metrics: [], sort: [], limit: 1_000, formats: ['pdf', 'xlsx', 'html', 'csv'] },
    });
  });

  it('an upload: accepted, and its id handed on', () => {
    expect(types.check('report', { input: { upload_id: 'abcdefgh' }, options: {} })).to.include({ ok: true, uploadId: 'abcdefgh' });
  });

  it('all options: accepted', () => {
    const options = {
      title: 'Prices',
      filter: [
        { column: 'city', op: 'in', value: ['Wien', 'Graz'] },
        { column: 'price', op: 'not_null' },
        { column: 'city', op: 'starts_with', value: 'W' },
      ],
      group_by: ['city'],
      metrics: [{ fn: 'count' }, { fn: 'mean', column: 'price', as: 'mean price' }],
      sort: [{ column: 'count', order: 'desc' }, { column: 'city' }],
      limit: 10,
      formats: ['csv'],
    };
    expect(problemsOf({ rows }, options)).to.deep.equal([]);
    expect(reportOptions.parse(options).sort[1]).to.deep.equal({ column: 'city', order: 'asc' });
  });

  for (const [situation, input, options, problem] of [
    ['no input', undefined, {}, /^\/input is required \(object\)/],
    ['neither rows nor upload', {}, {}, /^\/input must have exactly one of rows and upload_id/],
    ['both', { rows, upload_id: 'abcdefgh' }, {}, /exactly one/],
    ['no rows', { rows: [] }, {}, /^\/input\/rows Too small/],
    ['a row that is a list', { rows: [[1]] }, {}, /^\/input\/rows\/0 Invalid input: expected object/],
    ['an upload id with a slash', { upload_id: '../../etc/passwd' }, {}, /^\/input\/upload_id must be the id/],
    ['an upload id that is an object', { upload_id: { $ne: null } }, {}, /^\/input\/upload_id Invalid input: expected string/],
    ['an unknown field', { rows, url: 'x' }, {}, /^\/input\/url is not a known field/],
    ['an unknown option', { rows }, { limits: 3 }, /^\/options\/limits is not a known field/],
    ['limit 0', { rows }, { limit: 0 }, /^\/options\/limit Too small/],
    ['limit 100001', { rows }, { limit: 100_001 }, /^\/options\/limit Too big/],
    ['limit 1.5', { rows }, { limit: 1.5 }, /^\/options\/limit Invalid input: expected int/],
    ['an unknown format', { rows }, { formats: ['doc'] }, /^\/options\/formats\/0 Invalid option: expected one of "pdf"/],
    ['no format', { rows }, { formats: [] }, /^\/options\/formats Too small/],
    ['a format twice', { rows }, { formats: ['pdf', 'pdf'] }, /^\/options\/formats\/1 is there twice/],
    ['an unknown operator', { rows }, { filter: [{ column: 'a', op: 'like', value: 'x' }] }, /^\/options\/filter\/0\/op Invalid option/],
    ['eq without a value', { rows }, { filter: [{ column: 'a', op: 'eq' }] }, /^\/options\/filter\/0\/value is required with eq/],
    ['is_null with a value', { rows }, { filter: [{ column: 'a', op: 'is_null', value: 1 }] }, /left out with is_null/],
    ['in with one value', { rows }, { filter: [{ column: 'a', op: 'in', value: 1 }] }, /must be an array with in/],
    ['eq with a list', { rows }, { filter: [{ column: 'a', op: 'eq', value: [1] }] }, /single value with eq/],
    ['contains with a number', { rows }, { filter: [{ column: 'a', op: 'contains', value: 1 }] }, /must be a string with contains/],
    [
      'eq with an object',
      { rows },
      { filter: [{ column: 'a', op: 'eq', value: {} }] },
      /value must be one of: number, string, boolean, array/,
    ],
    ['a metric without a column', { rows }, { metrics: [{ fn: 'sum' }] }, /^\/options\/metrics\/0\/column is required with sum/],
    ['a column grouped by twice', { rows }, { group_by: ['a', 'a'] }, /^\/options\/group_by\/1 makes a second column "a"/],
    [
      'a metric named as a group',
      { rows },
      { group_by: ['a'], metrics: [{ fn: 'sum', column: 'b', as: 'a' }] },
      /^\/options\/metrics\/0 makes a second column/,
    ],
    ['options that are a list', { rows }, [], /^\/options Invalid input: expected object/],
  ] as const) {
    it(`${situation}: refused with pointer and reason`, () => {
      const problems = problemsOf(input, options);
      expect(problems, problems.join('\n')).to.have.length(1);
      expect(problems[0]).to.match(problem);
    });
  }

  it('more than 20 problems: the first 20 and how many more', () => {
    const problems = problemsOf({ rows }, { metrics: Array.from({ length: 30 }, () => ({ fn: 'x' })) });
    expect(problems).to.have.length(21);
    expect(problems.at(-1)).to.contain('and 10 problems more');
  });
});

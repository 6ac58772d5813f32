import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../../../../shared/domain/failures.ts';
import { defineJobType } from '../../../../shared/domain/pipeline.ts';
import { loadJobTypes, withRetention } from '../../../../shared/runtime/job-type-modules.ts';

const spec = JSON.stringify(defineJobType('resize', [{ name: 'p1' }, { name: 'p2' }]));
const handler = "{ module: 'file:///handlers/resize.js', isolation: 'inline' }";
const check = '({ input, options }) => ({ ok: true, input, options })';

describe('loadJobTypes', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jobline-types-'));
  });
  after(() => rm(folder, { recursive: true }));

  let files = 0;
  async function load(source: string, shipped: readonly string[] = ['report']) {
    files += 1;
    const path = join(folder, `types-${files}.mjs`);
    await writeFile(path, source);
    try {
      return { types: await loadJobTypes([path], shipped), problems: [] };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { types: [], problems: error.problems };
    }
  }

  it('a module as described: its types, with a check that can be called', async () => {
    const { types } = await load(
      `export const jobTypes = [{ spec: ${spec}, check: ${check}, handlers: { p1: ${handler}, p2: ${handler} } }];`,
    );
    expect(types.map((type) => type.spec.name)).to.deep.equal(['resize']);
    expect(types[0]!.check({ input: 1, options: 2 })).to.deep.equal({ ok: true, input: 1, options: 2 });
  });

  for (const [situation, source, message] of [
    ['a file that throws', 'throw new Error("broken file")', /cannot be loaded: broken file/],
    ['no export jobTypes', 'export const other = 1;', /jobTypes must be exported as an array/],
    [
      'a stage without handler',
      `export const jobTypes = [{ spec: ${spec}, check: ${check}, handlers: { p1: ${handler} } }];`,
      /handlers has no handler for stage p2/,
    ],
    [
      'a handler of a stage that there is not',
      `export const jobTypes = [{ spec: ${spec}, check: ${check}, handlers: { p1: ${handler}, p2: ${handler}, p9: ${handler} } }];`,
      /handlers.p9 is not a stage of this type/,
    ],
    [
      'check is no function',
      `export const jobTypes = [{ spec: ${spec}, check: 5, handlers: { p1: ${handler}, p2: ${handler} } }];`,
      /check must be a function/,
    ],
    [
      'a handler that is a path',
      `export const jobTypes = [{ spec: ${spec}, check: ${check}, handlers: { p1: { module: './x.js', isolation: 'inline' }, p2: ${handler} } }];`,
      /handlers.p1.module must be a file: URL/,
    ],
    [
      'a type that ships',
      `export const jobTypes = [{ spec: { ...${spec}, name: 'report' }, check: ${check}, handlers: { p1: ${handler}, p2: ${handler} } }];`,
      /the type report is defined twice/,
    ],
    [
      'a version twice',
      `const one = { spec: ${spec}, check: ${check}, handlers: { p1: ${handler}, p2: ${handler} } }; export const jobTypes = [one, one];`,
      /the type resize, version 1, is defined twice/,
    ],
    [
      'a stage of two versions with different handlers',
      `const handlers = { p1: ${handler}, p2: ${handler} }; export const jobTypes = [{ spec: ${spec}, check: ${check}, handlers },
        { spec: { ...${spec}, version: 2 }, check: ${check}, handlers: { ...handlers, p2: { module: 'file:///other.js', isolation: 'inline' } } }];`,
      /the stage p2 of resize has different handlers in version 1 and version 2: give it another name/,
    ],
  ] as const) {
    it(`${situation}: refused, naming file and place`, async () => {
      const { problems } = await load(source);
      expect(problems.join('\n')).to.match(message).and.to.contain('JOBLINE_JOB_TYPES');
    });
  }

  it('two versions that share a stage with one handler: are accepted', async () => {
    const { problems } = await load(
      `const handlers = { p1: ${handler}, p2: ${handler} }; export const jobTypes = [{ spec: ${spec}, check: ${check}, handlers },
        { spec: { ...${spec}, version: 2 }, check: ${check}, handlers }];`,
    );
    expect(problems).to.deep.equal([]);
  });

  it('the job types of the tests: are accepted', async () => {
    const path = join(import.meta.dirname, `../../../support/job-types${extname(import.meta.filename)}`);
    const types = await loadJobTypes([path], ['report']);
    expect(types.map((type) => type.spec.name)).to.include.members(['noop', 'three']);
  });
});

describe('withRetention', () => {
  it('RETAIN_DAYS set: overrides every type; unset: leaves them as they are', () => {
    const types = [defineJobType('a', [{ name: 'p1' }], { retainDays: 5 })];
    expect(withRetention(types, 9)[0]!.retainDays).to.equal(9);
    expect(withRetention(types, undefined)[0]!.retainDays).to.equal(5);
  });
});

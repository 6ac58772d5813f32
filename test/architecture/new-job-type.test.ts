import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../shared/runtime/project-root.ts';

/** The tables that a type which ships must stand in. */
const TABLES = ['services/p1-worker/handlers.ts', 'services/p2-worker/handlers.ts', 'shared/schema/job-type-checks.ts'];
const NEW_TYPE = "  image: defineJobType('image', [{ name: 'p1' }, { name: 'p2' }]),\n";

describe('A new job type', function () {
  this.timeout(60_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'jobline-type-'));
    for (const part of ['services', 'shared']) cpSync(join(projectRoot(), part), join(folder, part), { recursive: true });
    for (const part of ['node_modules', 'package.json']) symlinkSync(join(projectRoot(), part), join(folder, part));
    const { compilerOptions } = JSON.parse(readFileSync(join(projectRoot(), 'tsconfig.json'), 'utf8')) as { compilerOptions: object };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...compilerOptions, noEmit: true }, files: TABLES }));
  });

  after(() => rmSync(folder, { recursive: true }));

  function edit(file: string, from: RegExp, to: string): void {
    const text = readFileSync(join(folder, file), 'utf8');
    expect(text).to.match(from);
    writeFileSync(join(folder, file), text.replace(from, to));
  }

  /** Files that do not compile. */
  async function broken(): Promise<readonly string[]> {
    const tsc = join(projectRoot(), 'node_modules/typescript/bin/tsc');
    const output = await new Promise<string>((resolve) =>
      execFile(process.execPath, [tsc, '-p', folder], { cwd: folder }, (_, stdout, stderr) => resolve(stdout + stderr)),
    );
    return [...new Set(output.split('\n').flatMap((line) => /^(\S+?)\(\d+,\d+\): error/.exec(line)?.[1] ?? []))].toSorted();
  }

  it('in the table alone: does not compile, naming each place that lacks it; one line in each, and it does', async () => {
    expect(await broken()).to.deep.equal([]);
    edit('shared/domain/pipeline.ts', /(export const JOB_TYPES = \{\n)/, `$1${NEW_TYPE}`);
    expect(await broken()).to.deep.equal(TABLES);
    for (const service of ['p1-worker', 'p2-worker']) {
      edit(
        `services/${service}/handlers.ts`,
        /\n\} satisfies/,
        "\n  image: { module: here('./handlers/image.js'), isolation: 'process' },\n} satisfies",
      );
    }
    edit('shared/schema/job-type-checks.ts', /\n\} satisfies/, '\n  image: checkReport,\n} satisfies');
    expect(await broken()).to.deep.equal([]);
  });
});

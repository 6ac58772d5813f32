import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { handle } from '../../../../services/p2-worker/handlers/report.ts';
import { GROUPED, GROUPED_ROWS } from './support/datasets.ts';
import { makeProfile } from './support/make-profile.ts';
import { render, taskIn, withFolder } from './support/render-dataset.ts';

const tools = { signal: new AbortController().signal, progress: () => undefined };

async function outcomeOf(profile: string, table: string, names?: readonly string[]) {
  return await withFolder(async (folder) => {
    await writeFile(join(folder, 'profile.json'), profile);
    await writeFile(join(folder, 'table.ndjson'), table);
    return await handle(taskIn(folder, names), tools);
  });
}

const PROFILE = makeProfile({ title: 'T', columns: [{ name: 'a', type: 'integer' }], rows: [[1], [2]], options: { formats: ['csv'] } });

describe('Process 2 of report', function () {
  this.timeout(120_000);

  it('asked for all formats, makes each and reports progress up to 1', async () => {
    const { outcome, files, progress } = await render(makeProfile(GROUPED), GROUPED_ROWS);
    expect([...files.keys()]).to.deep.equal(['report.pdf', 'report.xlsx', 'report.html', 'table.csv', 'columns.csv']);
    expect(outcome).to.deep.include({ kind: 'done', summary: { pages: 2, rows: 5, columns: 2, table_rows: 4 } });
    expect(
      outcome.kind === 'done' && outcome.artifacts!.every(({ audience, name }) => audience === 'user' && /^[A-Za-z0-9._-]+$/.test(name)),
    ).to.equal(true);
    expect(progress).to.deep.equal([0.25, 0.5, 0.75, 1]);
  });

  it('asked for CSV only, makes no other file and tells no pages', async () => {
    const { outcome, files } = await render(PROFILE, [[1], [2]]);
    expect([...files.keys()]).to.deep.equal(['table.csv', 'columns.csv']);
    expect(outcome).to.have.property('summary').that.deep.equals({ rows: 2, columns: 1, table_rows: 2 });
  });

  it('without a file of Process 1, rejects and names it', async () => {
    const outcome = await outcomeOf('{}', '', ['profile.json']);
    expect(outcome).to.deep.equal({
      kind: 'reject',
      error: {
        code: 'stage_input_invalid',
        message: 'Process 2 of a report needs the file table.ndjson from Process 1; it was given profile.json.',
        errorClass: 'reject',
      },
    });
  });

  it('of a profile of another version, rejects and names both versions', async () => {
    const outcome = await outcomeOf(JSON.stringify({ ...PROFILE, v: 2 }), '');
    expect(outcome).to.have.nested.property('error.message', 'profile.json has version 2; this worker reads version 1.');
  });

  it('of a profile that is not one, rejects', async () => {
    expect(await outcomeOf('{"v":1}', ''))
      .to.have.nested.property('error.message')
      .that.includes('lacks parts of a report profile');
    expect(await outcomeOf('not json', ''))
      .to.have.nested.property('error.message')
      .that.includes('profile.json is not JSON');
    const odd = await outcomeOf(JSON.stringify({ ...PROFILE, options: { ...PROFILE.options, formats: ['docx'] } }), '');
    expect(odd).to.have.nested.property('error.message', 'profile.json asks for the format "docx"; allowed: pdf, xlsx, html, csv.');
  });

  it('of a broken table, rejects and names the line', async () => {
    const broken = await outcomeOf(JSON.stringify(PROFILE), '[1]\n[1,2]\n');
    expect(broken).to.have.nested.property('error.message', 'table.ndjson, line 2: not an array of 1 cells');
    const torn = await outcomeOf(JSON.stringify(PROFILE), '[1]\n[2');
    expect(torn).to.have.nested.property('error.message', 'table.ndjson, line 2: not JSON');
  });

  it('stopped before it starts, throws the reason and makes no file', async () => {
    const signal = AbortSignal.abort(new Error('timeout'));
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'profile.json'), JSON.stringify(PROFILE));
      await writeFile(join(folder, 'table.ndjson'), '[1]\n[2]\n');
      const error = await handle(taskIn(folder), { ...tools, signal }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.have.property('message', 'timeout');
      expect(existsSync(join(folder, 'out', 'table.csv'))).to.equal(false);
    });
  });
});

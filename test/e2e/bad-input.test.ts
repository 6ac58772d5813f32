import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { expectSameProcesses, processesOf } from '../support/same-processes.ts';
import { type Status, TestSystem } from '../support/test-system.ts';

const parquet = () => readFileSync(join(projectRoot(), 'test/fixtures/report-types.parquet'));
const UNKNOWN_ID = '00000000-0000-7000-8000-000000000000';

/** Parquet whose footer claims to be as long as a footer can be. */
function withFooterOf(bytes: number): Buffer {
  const lying = parquet();
  lying.writeUInt32LE(bytes, lying.length - 8);
  return lying;
}

interface BadFile {
  readonly situation: string;
  readonly content: () => string | Buffer;
  readonly filename?: string;
  readonly mediaType?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly code: string;
  /** In the sentence that the client reads. */
  readonly says: RegExp;
}

const BAD_FILES: readonly BadFile[] = [
  { situation: 'a picture named CSV', content: () => Buffer.from('89504e470d0a1a0a0000', 'hex'), code: 'unsupported_format', says: /PNG/ },
  {
    situation: 'an Excel workbook named CSV',
    content: () => Buffer.from('504b030414000600080000', 'hex'),
    code: 'unsupported_format',
    says: /XLSX/,
  },
  { situation: 'a file of blanks', content: () => ' \r\n\t\n', code: 'empty_file', says: /empty|nothing|blank|white/i },
  { situation: 'broken CSV', content: () => 'a,b\n1,2\n3,4,5\n', code: 'csv_malformed', says: /Line 3 has 3 fields/ },
  { situation: 'a quote that is never closed', content: () => 'a,b\n1,"x\n2,y\n', code: 'csv_malformed', says: /line 2/ },
  {
    situation: 'an unknown column in group_by',
    content: () => 'city,sold\nOslo,1\n',
    options: { group_by: ['town'], metrics: [{ fn: 'count' }] },
    code: 'unknown_column',
    says: /town.*city/s,
  },
  {
    situation: 'bytes that are not of the encoding that it claims',
    content: () => Buffer.from([0x61, 0x2c, 0x62, 0x0a, 0x00, 0x01, 0xff, 0xfe, 0x00, 0x03, 0x0a]),
    mediaType: 'text/csv; charset=utf-8',
    code: 'binary_content',
    says: /not text|bytes|NUL/i,
  },
  {
    situation: 'gzip that is cut off',
    content: () => gzipSync(`a,b\n${'1,2\n'.repeat(9_000)}`).subarray(0, 60),
    filename: 'cut.csv.gz',
    code: 'gzip_malformed',
    says: /cut off/,
  },
  {
    situation: 'Parquet whose footer lies about its length',
    content: () => withFooterOf(0x7fff_ffff),
    code: 'parquet_malformed',
    says: /footer/,
  },
  {
    situation: 'Parquet whose footer names pages that are not there',
    content: () => Buffer.concat([parquet().subarray(0, 200), parquet().subarray(-(parquet().readUInt32LE(parquet().length - 8) + 8))]),
    code: 'parquet_malformed',
    says: /Parquet/,
  },
  { situation: 'text that its name calls JSON', content: () => '{a:1}', filename: 'x.json', code: 'json_malformed', says: /JSON/ },
  { situation: '50 MB of garbage', content: () => randomBytes(50_000_000), code: 'binary_content', says: /not text|bytes|NUL/i },
];

/** Bodies of POST /generate-file that no job may come of, as they are sent. */
const HOSTILE: readonly (readonly [string, string, number, string])[] = [
  ['nothing', '', 400, 'malformed_json'],
  ['half an object', '{"input": {"rows": [', 400, 'malformed_json'],
  ['bytes that are not UTF-8', '{"input": "\xff\xfe"}', 400, 'malformed_json'],
  ['null', 'null', 422, 'invalid_request'],
  ['an array', '[[]]', 422, 'invalid_request'],
  ['a number', '1e309', 400, 'forbidden_json'],
  ['50,000 arrays in each other', '['.repeat(50_000) + ']'.repeat(50_000), 400, 'forbidden_json'],
  ['__proto__', '{"input": {"rows": [{"a": 1}]}, "__proto__": {"type": "report"}}', 400, 'forbidden_json'],
  ['constructor below', '{"input": {"rows": [{"constructor": {"prototype": 1}}]}}', 400, 'forbidden_json'],
  ['an operator of the database', '{"input": {"upload_id": {"$ne": null}}}', 422, 'invalid_request'],
  ['rows that are none', '{"input": {"rows": "all"}}', 422, 'invalid_request'],
  ['an unknown member', '{"input": {"rows": [{"a": 1}]}, "priority": 9}', 422, 'invalid_request'],
  ['an option of another type', '{"input": {"rows": [{"a": 1}]}, "options": {"limit": "many"}}', 422, 'invalid_request'],
  ['an unknown type of job', '{"type": "rm -rf", "input": {}}', 422, 'invalid_request'],
  ['two megabytes', `{"input": {"rows": [{"a": "${'x'.repeat(2_097_152)}"}]}}`, 413, 'body_too_large'],
  ['an upload that is not there', `{"input": {"upload_id": "${UNKNOWN_ID}"}}`, 422, 'unknown_upload'],
];

describe('Bad input over HTTP', function () {
  this.timeout(60_000);
  let system: TestSystem;
  let processes: Readonly<Record<string, number>>;

  before(async () => {
    system = await TestSystem.start({ restart: false });
    processes = processesOf(system);
  });

  after(() => system?.stop());

  afterEach('every process lives', () => {
    expectSameProcesses(system, processes);
  });

  const post = (path: string, body: string | Buffer, type = 'application/json') =>
    fetch(`${system.system.api}${path}`, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body as string, 'latin1')),
      headers: { 'content-type': type },
    });

  async function expectProblem(answer: Response, status: number, code: string): Promise<Record<string, unknown>> {
    const problem = (await answer.json()) as Record<string, unknown>;
    expect(problem, JSON.stringify(problem)).to.include({ status, code, type: `/errors/${code}` });
    expect(answer.status).to.equal(status);
    expect(answer.headers.get('content-type')).to.match(/^application\/problem\+json/);
    expect(problem['title']).to.be.a('string');
    expect(JSON.stringify(problem)).not.to.match(/node_modules|\.[jt]s:\d+|Mongo/);
    return problem;
  }

  async function reportOn({
    content,
    filename = 'data.csv',
    mediaType = 'text/csv',
    options,
  }: Omit<BadFile, 'situation' | 'code' | 'says'>): Promise<string> {
    const bytes = content();
    const upload = await fetch(`${system.system.api}/v1/uploads?filename=${filename}`, {
      method: 'POST',
      body: typeof bytes === 'string' ? bytes : new Uint8Array(bytes),
      headers: { 'content-type': mediaType },
    });
    expect(upload.status).to.equal(201);
    const { upload_id } = (await upload.json()) as { upload_id: string };
    const accepted = await system.request('POST', '/generate-file', { input: { upload_id }, ...(options && { options }) });
    expect(accepted.status).to.equal(202);
    return accepted.body['job_id'] as string;
  }

  for (const file of BAD_FILES) {
    it(`${file.situation}: the job fails with a clear sentence, and no retry is offered`, async () => {
      const id = await reportOn(file);
      const failed: Status = await system.until(id, ['FAILED', 'COMPLETED'], 45_000);
      expect(failed, JSON.stringify(failed)).to.include({ status: 'FAILED', retry_available: false });
      expect(failed['error_detail']).to.include({ code: file.code, error_class: 'reject', type: `/errors/${file.code}` });
      expect(failed.error).to.match(file.says);
      expect(failed.error)
        .to.match(/\.$/)
        .and.not.match(/\/tmp|node_modules|DuckDB|[a-z]:\d+:\d+/);
      expect((await system.request('POST', `/jobs/${id}/retry`)).body).to.include({ code: 'retry_not_available' });
    });
  }

  it('good CSV that its name and media type call something else: is read as what it is', async () => {
    const named = { filename: 'x.parquet', mediaType: 'application/json', options: { formats: ['csv'] } };
    const id = await reportOn({ content: () => 'city,sold\nOslo,1\n', ...named });
    await system.until(id, ['COMPLETED']);
    expect(await (await fetch(`${system.system.api}/v1/jobs/${id}/outputs/table.csv`)).text()).to.match(/^\ufeff?city,sold\r?\nOslo,1/);
  });

  for (const [situation, body, status, code] of HOSTILE) {
    it(`a body of ${situation}: ${status} ${code}, and no job`, async () => {
      const jobs = system.db.collection('jobs');
      const before = await jobs.countDocuments();
      await expectProblem(await post('/generate-file', body), status, code);
      expect(await jobs.countDocuments()).to.equal(before);
    });
  }

  it('an upload of 0 bytes: 422 at once', async () => {
    const problem = await expectProblem(await post('/v1/uploads?filename=empty.csv', '', 'text/csv'), 422, 'empty_upload');
    expect(problem['detail']).to.equal('The body has no bytes.');
  });

  it('ids that are not there: 404 for every path of a job and an upload', async () => {
    for (const id of [UNKNOWN_ID, 'x', '%00', '..%2f..%2fetc%2fpasswd', 'a'.repeat(500)]) {
      for (const path of ['/jobs/ID/status', '/v1/jobs/ID', '/v1/jobs/ID/outputs', '/v1/jobs/ID/timeline'])
        await expectProblem(await fetch(system.system.api + path.replace('ID', id)), 404, 'job_not_found');
      await expectProblem(await fetch(`${system.system.api}/v1/uploads/${id}`), 404, 'upload_not_found');
    }
  });

  it('after all of it: nothing is stuck, and a good report completes', async () => {
    const body = { input: { rows: [{ city: 'Oslo', sold: 1 }] }, options: { formats: ['csv'] } };
    const accepted = await system.request('POST', '/generate-file', body);
    await system.until(accepted.body['job_id'] as string, ['COMPLETED']);
    expect(await system.db.collection('jobs').countDocuments({ active: { $exists: true } })).to.equal(0);
  });
});

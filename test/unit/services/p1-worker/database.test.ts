import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Database } from '../../../../services/p1-worker/handlers/report/database.ts';

describe('report database', function () {
  this.timeout(120_000);
  let folder: string;
  let workDir: string;
  let upload: string;
  let database: Database;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jobline-test-database-'));
    workDir = join(folder, "work 'x' [1]=2");
    await mkdir(workDir);
    upload = join(folder, 'upload');
    await writeFile(upload, 'a,b\n1,2\n');
    await writeFile(join(folder, 'other'), 'secret\n1\n');
    database = await Database.open({ workDir, readable: [upload], memoryMb: 300, signal: new AbortController().signal });
    await database.keepTables(workDir, 2, 8);
  });

  afterEach(async () => {
    database.close();
    await rm(folder, { recursive: true });
  });

  async function refusal(sql: string): Promise<string> {
    try {
      await database.rows(sql);
    } catch (error) {
      return (error as Error).message;
    }
    return 'it was allowed';
  }

  it('file of the job, beside a folder that looks like a partition, is read as it is', async () => {
    const rows = await database.rows('SELECT * FROM read_csv($1, header = true, hive_partitioning = false)', [upload]);
    expect(rows).to.deep.equal([[1n, 2n]]);
  });

  const forbidden = [
    { what: 'reading a file of the system', sql: "SELECT * FROM read_text('/etc/passwd')" },
    { what: 'reading the environment of the process', sql: "SELECT * FROM read_blob('/proc/self/environ')" },
    { what: 'reading a file by its bare name', sql: "SELECT * FROM '/etc/passwd.csv'" },
    { what: 'listing a folder', sql: "SELECT * FROM glob('/etc/*')" },
    { what: 'writing a file', sql: "COPY (SELECT 1) TO '/tmp/jobline-test-written.csv'" },
    { what: 'attaching a database', sql: "ATTACH '/tmp/jobline-test.duckdb' AS other" },
    { what: 'exporting', sql: "EXPORT DATABASE '/tmp/jobline-test-export'" },
    { what: 'installing an extension', sql: 'INSTALL httpfs' },
    { what: 'loading an extension', sql: 'LOAD httpfs' },
  ];
  for (const { what, sql } of forbidden) {
    it(`${what} is refused`, async () => {
      expect(await refusal(sql)).to.match(/^Permission Error/);
    });
  }

  const locked = [
    'enable_external_access = true',
    "allowed_directories = ['/']",
    'autoload_known_extensions = true',
    'lock_configuration = false',
    "memory_limit = '8GB'",
  ];
  for (const setting of locked) {
    it(`setting ${setting} is refused`, async () => {
      expect(await refusal(`SET ${setting}`)).to.match(/configuration has been locked|Cannot change/);
    });
  }

  it('file beside that of the job is refused, by whatever path', async () => {
    for (const path of [join(folder, 'other'), `${workDir}/../other`, `${upload}/../other`]) {
      const sql = `SELECT * FROM read_text('${path.replaceAll("'", "''")}')`;
      expect(await refusal(sql), path).to.match(/^Permission Error/);
    }
  });

  it('address on the network is refused and never asked', async () => {
    let requests = 0;
    const server = createServer((_request, response) => {
      requests += 1;
      response.end('a\n1\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      expect(await refusal(`SELECT * FROM read_csv('http://127.0.0.1:${port}/x.csv')`)).to.match(/^Permission Error/);
      expect(requests).to.equal(0);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  for (const { what, sourceBytes, isWhole } of [
    { what: 'of 2 GiB', sourceBytes: 2 * 1_073_741_824, isWhole: true },
    { what: 'beyond 2 GiB', sourceBytes: 2 * 1_073_741_824 + 1, isWhole: false },
  ]) {
    it(`texts of a source ${what} are stored ${isWhole ? 'whole' : 'compressed'}`, async () => {
      const own = join(folder, 'own');
      await mkdir(own);
      const other = await Database.open({ workDir: own, readable: [], memoryMb: 300, signal: new AbortController().signal });
      try {
        await other.keepTables(own, 1, sourceBytes);
        await other.run("CREATE TABLE source AS SELECT 'text number ' || (i % 90000) AS c0 FROM range(200000) numbers(i)");
        await other.run('CHECKPOINT');
        const found = await other.rows("SELECT DISTINCT compression FROM pragma_storage_info('source') WHERE segment_type = 'VARCHAR'");
        expect(found.length).to.be.above(0);
        expect(found.every(([compression]) => compression === 'Uncompressed')).to.equal(isWhole);
      } finally {
        other.close();
      }
    });
  }

  it('long query, told to stop, ends within a second', async () => {
    const controller = new AbortController();
    const other = await Database.open({ workDir, readable: [], memoryMb: 300, signal: controller.signal });
    try {
      const query = other.rows('SELECT count(*) FROM range(300000) a(x), range(300000) b(y) WHERE hash(a.x * b.y + 1) % 1000003 = 7');
      const failed = query.then(
        () => 'it ended by itself',
        (error: Error) => error.message,
      );
      await new Promise((resolve) => setTimeout(resolve, 200));
      const begun = performance.now();
      controller.abort('timeout');
      expect(await failed).to.match(/^INTERRUPT Error/);
      expect(performance.now() - begun).to.be.below(1_000);
    } finally {
      other.close();
    }
  });
});

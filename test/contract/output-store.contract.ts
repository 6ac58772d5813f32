import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { FileGoneError, UploadTooLargeError } from '../../shared/domain/failures.ts';
import type { JobRecord } from '../../shared/domain/job.ts';
import type { OutputFile, OutputStore, StageOutput } from '../../shared/ports/output-store.ts';
import { systemClock } from '../../shared/runtime/system-clock.ts';
import { someRecord } from './store-records.ts';

/** An output store for a test, with the jobs beside it. */
export interface OutputWorld {
  /** Uploads are kept for one hour. */
  readonly outputs: OutputStore;
  /** Puts a job as it is. */
  putJob(record: JobRecord): Promise<void>;
  /** Files whose bytes are stored, whatever refers to them. */
  fileCount(): Promise<number>;
  /** Moves the store's clock. */
  advance(ms: number): void;
  dispose(hasPassed: boolean): Promise<void>;
}

const HOUR_MS = 3_600_000;

/** What every OutputStore must do. Run for the one in memory and for the real one. */
export function outputStoreContract(name: string, makeWorld: () => Promise<OutputWorld>): void {
  describe(`${name}: output store contract`, function () {
    this.timeout(30_000);
    let world: OutputWorld;
    let outputs: OutputStore;
    beforeEach(async () => {
      world = await makeWorld();
      outputs = world.outputs;
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    const bytesOf = async (ref: string, range?: { start: number; end: number }): Promise<Buffer> =>
      buffer(await outputs.readFile(ref, range));
    const upload = { tenant: 't', mediaType: 'text/csv', maxBytes: 1_000_000 };

    /** Too large to be stored in its own description. */
    async function userFile(text = 'content '): Promise<OutputFile> {
      return { ...(await outputs.writeFile('report.pdf', 'application/pdf', Buffer.from(text.repeat(10_000)))), audience: 'user' };
    }

    describe('files', () => {
      it('bytes and streams of any size, come back as they were, with size and digest', async () => {
        for (const size of [0, 1, 261_119, 261_120, 261_121, 3_000_000]) {
          const content = Buffer.alloc(size, `${size} `);
          for (const source of [content, Readable.from(chunksOf(content))]) {
            const file = await outputs.writeFile('a.bin', 'application/x', source);
            const sha256 = createHash('sha256').update(content).digest('hex');
            expect(file).to.deep.include({ name: 'a.bin', mediaType: 'application/x', sizeBytes: size, sha256 });
            expect((await bytesOf(file.ref)).equals(content), `${size} bytes`).to.equal(true);
          }
        }
      });

      it('a range, is answered with both its ends', async () => {
        const content = Buffer.from(Array.from({ length: 600_000 }, (_, index) => index % 251));
        const { ref } = await outputs.writeFile('a.bin', 'x/y', content);
        for (const [start, end] of [
          [0, 0],
          [0, 599_999],
          [599_999, 599_999],
          [261_119, 261_121],
          [100, 522_500],
        ] as const) {
          expect((await bytesOf(ref, { start, end })).equals(content.subarray(start, end + 1)), `${start}-${end}`).to.equal(true);
        }
      });

      it('a stream that breaks, is an error, and nothing can be read of it', async () => {
        const broken = Readable.from(
          (async function* () {
            yield Buffer.alloc(300_000);
            throw new Error('broken on purpose');
          })(),
        );
        const error = await outputs.writeFile('a', 'x/y', broken).catch((one: unknown) => one);
        expect(error).to.be.instanceOf(Error).with.property('message').that.includes('broken on purpose');
        expect(await world.fileCount()).to.equal(0);
      });

      it('files that are removed, or never were, are gone; to remove them again does no harm', async () => {
        const [gone, stays] = [await userFile(), await userFile()];
        await outputs.removeFiles([gone.ref]);
        await outputs.removeFiles([gone.ref, 'not-there']);
        await outputs.removeFiles([]);
        for (const ref of [gone.ref, 'not-there', '']) {
          expect(await bytesOf(ref).catch((one: unknown) => one)).to.be.instanceOf(FileGoneError);
        }
        expect((await bytesOf(stays.ref)).toString()).to.equal('content '.repeat(10_000));
      });
    });

    describe('outputs', () => {
      const key = (claim: string) => ({ jobId: 'job', stage: 1, claim });

      it('what claims produced, is found by its key alone; unknown keys are left out', async () => {
        const summary = { rows: 7, 'a.b': { $x: [null] } };
        const stored: StageOutput = { ...key('c'), files: [await userFile()], summary };
        const other: StageOutput = { ...key('other'), files: [] };
        await outputs.insertOutputs([stored, other]);
        expect(await outputs.readOutputs([key('c')])).to.deep.equal([stored]);
        const found = await outputs.readOutputs([key('c'), key('x'), key('other'), { ...key('c'), stage: 0 }, { ...key('c'), jobId: 'x' }]);
        expect(new Set(found.map(({ claim }) => claim))).to.deep.equal(new Set(['c', 'other']));
        expect(found).to.have.length(2);
        expect(await outputs.readOutputs([])).to.deep.equal([]);
      });

      it('the same output twice, is one, and the others of the call are stored', async () => {
        const first: StageOutput = { ...key('c'), files: [await userFile('first')] };
        await outputs.insertOutputs([first]);
        await outputs.insertOutputs([{ ...key('a'), files: [] }, first, { ...key('b'), files: [] }]);
        await outputs.insertOutputs([]);
        const found = await outputs.readOutputs([key('a'), key('b'), key('c')]);
        expect(found).to.have.length(3);
        expect(found.find(({ claim }) => claim === 'c')).to.deep.equal(first);
      });
    });

    describe('a scan', () => {
      const DAY_MS = 24 * HOUR_MS;

      it('pages of any size, show each output once, with the time when the sweep looks at it', async () => {
        const claims = ['a', 'b', 'c', 'd', 'e'];
        await outputs.insertOutputs(claims.map((claim) => ({ jobId: 'job', stage: 1, claim, files: [] })));
        for (const limit of [1, 2, 5, 100]) {
          const seen: string[] = [];
          for (let after: string | undefined; ; ) {
            const page = await outputs.scanOutputs(limit, after);
            seen.push(...page.map(({ claim }) => claim));
            if (page.length < limit) break;
            after = page.at(-1)!.cursor;
          }
          expect(seen.sort()).to.deep.equal(claims);
        }
        const [first] = await outputs.scanOutputs(1);
        expect(first).to.include({ jobId: 'job', stage: 1, claim: 'a' });
        expect(first!.sweepAt.getTime()).to.be.within(Date.now() + DAY_MS - 60_000, Date.now() + DAY_MS + 60_000);
      });

      it('files whose bytes are gone, are missing; those that are stored, large or tiny, are not', async () => {
        const large = await userFile();
        const tiny = await outputs.writeFile('a', 'x/y', Buffer.from('tiny'));
        const gone = await userFile();
        await outputs.removeFiles([gone.ref]);
        expect(await outputs.missingFiles([large.ref, gone.ref, tiny.ref, 'not-there', gone.ref])).to.have.members([gone.ref, 'not-there']);
        expect(await outputs.missingFiles([])).to.deep.equal([]);
      });

      it('orphans that are named, are removed at any age; what is in use, stays', async () => {
        const job = someRecord({ results: [{ stage: 0, run: 0, epoch: 1, claim: 'won', at: new Date() }] });
        await world.putJob(job);
        const key = (claim: string) => ({ jobId: job.id, stage: 0, claim });
        const files = { won: await userFile(), fenced: await userFile() };
        await outputs.insertOutputs([
          { ...key('won'), files: [files.won] },
          { ...key('fenced'), files: [files.fenced] },
        ]);
        expect(await outputs.removeOrphans([key('won'), key('fenced'), key('not-there')])).to.equal(1);
        expect((await outputs.readOutputs([key('won'), key('fenced')])).map(({ claim }) => claim)).to.deep.equal(['won']);
        expect(await outputs.missingFiles([files.won.ref, files.fenced.ref])).to.deep.equal([files.fenced.ref]);
        expect(await outputs.removeOrphans([])).to.equal(0);
      });
    });

    describe('uploads', () => {
      it('an upload, is kept with what the client said of it', async () => {
        const created = await outputs.createUpload({ ...upload, originalName: 'Größe $x.csv' }, Readable.from([Buffer.from('a,b\n')]));
        expect(created).to.deep.include({ tenant: 't', mediaType: 'text/csv', originalName: 'Größe $x.csv', sizeBytes: 4 });
        expect(created.expireAt.getTime() - created.createdAt.getTime()).to.equal(HOUR_MS);
        expect(await outputs.readUpload(created.id)).to.deep.equal(created);
        expect((await bytesOf(created.ref)).toString()).to.equal('a,b\n');
        expect(await outputs.readUpload('not-there')).to.equal(undefined);
      });

      it('one that is as large as allowed, is kept; a byte more, is refused and nothing is kept', async () => {
        const size = (count: number) => Readable.from(chunksOf(Buffer.alloc(count)));
        const limited = { ...upload, maxBytes: 400_000 };
        const { ref } = await outputs.createUpload(limited, size(400_000));
        const error = await outputs.createUpload(limited, size(400_001)).catch((one: unknown) => one);
        expect(error).to.be.instanceOf(UploadTooLargeError).with.property('maxBytes', 400_000);
        expect([(await bytesOf(ref)).length, await world.fileCount()]).to.deep.equal([400_000, 1]);
      });

      it('one whose client goes away, is an error and nothing is kept', async () => {
        const cut = new Readable({ read() {} });
        cut.push(Buffer.alloc(300_000));
        const creating = outputs.createUpload(upload, cut).catch((one: unknown) => one);
        // Before the store has had the time to ask its server anything.
        cut.destroy(new Error('aborted'));
        expect(await creating).to.be.instanceOf(Error);
        expect(await world.fileCount()).to.equal(0);
      });
    });

    describe('orphans', () => {
      const sweep = (limit = 100) => outputs.sweepOrphans(HOUR_MS, limit);

      async function outputOf(job: JobRecord, claim: string, stage = 0): Promise<string> {
        const file = await userFile();
        await outputs.insertOutputs([{ jobId: job.id, stage, claim, files: [file] }]);
        return file.ref;
      }

      const isKept = async (ref: string) => (await bytesOf(ref).catch(() => undefined)) !== undefined;

      it('outputs of claims that never committed, and of jobs that are gone, go after their time; committed and running ones stay', async () => {
        const result = { stage: 0, run: 0, epoch: 1, claim: 'won', at: new Date() };
        const job = someRecord({ state: 'RUNNING', claim: 'working', lease: { until: new Date(Date.now() + HOUR_MS) }, results: [result] });
        await world.putJob(job);
        const kept = [await outputOf(job, 'won'), await outputOf(job, 'working', 1)];
        const orphans = [await outputOf(job, 'fenced'), await outputOf(someRecord(), 'gone')];
        world.advance(HOUR_MS - 60_000);
        expect(await sweep()).to.equal(0);
        world.advance(2 * 60_000);
        expect(await sweep()).to.equal(2);
        expect(await Promise.all([...kept, ...orphans].map(isKept))).to.deep.equal([true, true, false, false]);
        const left = await outputs.readOutputs(
          ['won', 'working', 'fenced'].map((claim, index) => ({ jobId: job.id, stage: index % 2, claim })),
        );
        expect(new Set(left.map(({ claim }) => claim))).to.deep.equal(new Set(['won', 'working']));
        expect(await sweep()).to.equal(0);
      });

      it('more than the limit, go in several sweeps', async () => {
        for (let count = 0; count < 5; count += 1) await outputOf(someRecord(), systemClock.uuid());
        world.advance(2 * HOUR_MS);
        expect([await sweep(2), await sweep(2), await sweep(2), await sweep(2)]).to.deep.equal([2, 2, 1, 0]);
      });

      it('an upload past its time, goes, unless an active job still needs it', async () => {
        const [needed, forgotten] = [
          await outputs.createUpload(upload, Readable.from([Buffer.from('1')])),
          await outputs.createUpload(upload, Readable.from([Buffer.from('2')])),
        ];
        await world.putJob(someRecord({ uploadId: needed.id }));
        world.advance(HOUR_MS - 1_000);
        expect([await sweep(), await isKept(forgotten.ref)]).to.deep.equal([0, true]);
        world.advance(2_000);
        expect(await sweep()).to.equal(1);
        expect([await isKept(needed.ref), await isKept(forgotten.ref)]).to.deep.equal([true, false]);
        expect([(await outputs.readUpload(needed.id))?.id, await outputs.readUpload(forgotten.id)]).to.deep.equal([needed.id, undefined]);
      });
    });
  });
}

function chunksOf(content: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < content.length; at += 65_537) chunks.push(content.subarray(at, at + 65_537));
  return chunks;
}

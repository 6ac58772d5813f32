import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { FileGoneError, UploadTooLargeError } from '../../shared/domain/failures.ts';
import type { JobRecord } from '../../shared/domain/job.ts';
import { keptResults } from '../../shared/domain/kept-results.ts';
import type { OutputKey } from '../../shared/domain/output-key.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { ByteRange, Content, OutputStore, ScannedOutput, StageOutput, StoredFile, Upload } from '../../shared/ports/output-store.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface MemoryOutputStoreOptions {
  readonly clock: Clock;
  /** The truth about jobs, by which orphans are told. */
  readonly jobs?: { peek(id: string): JobRecord | undefined; all(): readonly JobRecord[] };
  /** Default 24. */
  readonly uploadTtlHours?: number;
}

/** An OutputStore in memory that passes the contract of the real one. */
export class MemoryOutputStore implements OutputStore {
  readonly #options: MemoryOutputStoreOptions;
  readonly #files = new Map<string, Buffer>();
  readonly #uploads = new Map<string, Upload>();
  readonly #outputs = new Map<string, { readonly output: StageOutput; readonly at: Date }>();

  constructor(options: MemoryOutputStoreOptions) {
    this.#options = options;
  }

  /** Refs of the files that are stored. */
  refs(): readonly string[] {
    return [...this.#files.keys()];
  }

  async writeFile(name: string, mediaType: string, content: Content): Promise<StoredFile> {
    const bytes = Buffer.isBuffer(content) ? Buffer.from(content) : await bytesOf(content, Number.POSITIVE_INFINITY);
    return this.#store(name, mediaType, bytes);
  }

  async readFile(ref: string, range?: ByteRange): Promise<Readable> {
    const bytes = this.#files.get(ref);
    if (!bytes) throw new FileGoneError('The file is not stored any more.');
    const wanted = range ? bytes.subarray(range.start, range.end + 1) : bytes;
    return Readable.from(wanted.length > 0 ? [wanted] : []);
  }

  async removeFiles(refs: readonly string[]): Promise<void> {
    for (const ref of refs) this.#files.delete(ref);
  }

  async insertOutputs(outputs: readonly StageOutput[]): Promise<void> {
    const at = this.#options.clock.now();
    for (const output of outputs) {
      const key = keyOf(output);
      if (!this.#outputs.has(key)) this.#outputs.set(key, { output: structuredClone(output), at });
    }
  }

  async readOutputs(keys: readonly OutputKey[]): Promise<readonly StageOutput[]> {
    return keys.flatMap((key) => structuredClone(this.#outputs.get(keyOf(key))?.output) ?? []);
  }

  async createUpload({ maxBytes, ...upload }: Parameters<OutputStore['createUpload']>[0], content: Readable): Promise<Upload> {
    const { clock, uploadTtlHours = 24 } = this.#options;
    const stored = this.#store('upload', upload.mediaType, await bytesOf(content, maxBytes));
    const createdAt = clock.now();
    const expireAt = new Date(createdAt.getTime() + uploadTtlHours * HOUR_MS);
    const created = { ...stored, ...upload, id: clock.uuid(), createdAt, expireAt };
    this.#uploads.set(created.id, created);
    return created;
  }

  async readUpload(id: string): Promise<Upload | undefined> {
    return this.#uploads.get(id);
  }

  async sweepOrphans(olderThanMs: number, limit: number): Promise<number> {
    const before = this.#options.clock.now().getTime() - olderThanMs;
    const orphans = [...this.#outputs].filter(([, { output, at }]) => at.getTime() < before && this.#isOrphan(output)).slice(0, limit);
    for (const [key, { output }] of orphans) {
      await this.removeFiles(output.files.map(({ ref }) => ref));
      this.#outputs.delete(key);
    }
    return orphans.length + (await this.#sweepUploads(limit));
  }

  async scanOutputs(limit: number, after = ''): Promise<readonly ScannedOutput[]> {
    const all = [...this.#outputs].filter(([cursor]) => cursor > after).sort(([a], [b]) => (a < b ? -1 : 1));
    return all.slice(0, limit).map(
      ([
        cursor,
        {
          output: { jobId, stage, claim },
          at,
        },
      ]) => {
        return { cursor, jobId, stage, claim, sweepAt: new Date(at.getTime() + DAY_MS) };
      },
    );
  }

  async missingFiles(refs: readonly string[]): Promise<readonly string[]> {
    return [...new Set(refs)].filter((ref) => !this.#files.has(ref));
  }

  async removeOrphans(keys: readonly OutputKey[]): Promise<number> {
    const unused = keys.filter((key) => this.#outputs.has(keyOf(key)) && this.#isOrphan(key));
    for (const key of unused) {
      await this.removeFiles(this.#outputs.get(keyOf(key))!.output.files.map(({ ref }) => ref));
      this.#outputs.delete(keyOf(key));
    }
    return unused.length;
  }

  async #sweepUploads(limit: number): Promise<number> {
    const { clock, jobs } = this.#options;
    const needed = new Set(jobs?.all().flatMap(({ active, uploadId }) => (active && uploadId ? [uploadId] : [])));
    const past = [...this.#uploads.values()].filter(({ id, expireAt }) => expireAt <= clock.now() && !needed.has(id)).slice(0, limit);
    for (const { id, ref } of past) {
      this.#uploads.delete(id);
      await this.removeFiles([ref]);
    }
    return past.length;
  }

  #isOrphan({ jobId, stage, claim }: OutputKey): boolean {
    const job = this.#options.jobs?.peek(jobId);
    if (!job || (!job.active && job.removed?.outputs)) return true;
    const mayStillCommit = job.state === 'RUNNING' && job.claim === claim;
    return !mayStillCommit && !keptResults(job).some((result) => result.stage === stage && result.claim === claim);
  }

  #store(name: string, mediaType: string, bytes: Buffer): StoredFile {
    const ref = this.#options.clock.uuid();
    this.#files.set(ref, bytes);
    return { name, mediaType, ref, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
}

function keyOf({ jobId, stage, claim }: OutputKey): string {
  return `${jobId}/${stage}/${claim}`;
}

/** @throws UploadTooLargeError. */
async function bytesOf(content: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of content as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxBytes) throw new UploadTooLargeError(maxBytes);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

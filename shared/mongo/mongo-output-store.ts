import { type Readable, Transform } from 'node:stream';
import { UploadTooLargeError } from '../domain/failures.ts';
import type { OutputKey } from '../domain/output-key.ts';
import type { Clock } from '../ports/clock.ts';
import type { ByteRange, Content, OutputStore, ScannedOutput, StageOutput, StoredFile, Upload } from '../ports/output-store.ts';
import { insertMissing } from './bulk-insert.ts';
import { type Collections, collectionsOf, type OutputDocument, type UploadDocument } from './collections.ts';
import type { Mongo } from './connect.ts';
import { GridFiles } from './grid-files.ts';
import { OrphanSweep } from './orphan-sweep.ts';
import { findMissingFiles, scanOutputs } from './output-scan.ts';
import { storeCall } from './store-errors.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DEFAULT_UPLOAD_TTL_HOURS = 168;

export interface MongoOutputStoreOptions {
  readonly clock: Clock;
  /** How long an upload is kept, 1..8,760; default 168. */
  readonly uploadTtlHours?: number;
}

/** Uploads and outputs: descriptions in collections, bytes in GridFS. */
export class MongoOutputStore implements OutputStore {
  readonly #db: Mongo['db'];
  readonly #collections: Collections;
  readonly #files: GridFiles;
  readonly #sweep: OrphanSweep;
  readonly #clock: Clock;
  readonly #uploadTtlMs: number;

  constructor({ db }: Pick<Mongo, 'db'>, { clock, uploadTtlHours = DEFAULT_UPLOAD_TTL_HOURS }: MongoOutputStoreOptions) {
    this.#db = db;
    this.#collections = collectionsOf(db);
    this.#files = new GridFiles(db, clock);
    this.#sweep = new OrphanSweep(db, clock, this.#files);
    this.#clock = clock;
    this.#uploadTtlMs = uploadTtlHours * HOUR_MS;
  }

  async writeFile(name: string, mediaType: string, content: Content): Promise<StoredFile> {
    return this.#files.write(name, mediaType, content);
  }

  async readFile(ref: string, range?: ByteRange): Promise<Readable> {
    return this.#files.read(ref, range);
  }

  async removeFiles(refs: readonly string[]): Promise<void> {
    await this.#files.remove(refs);
  }

  async insertOutputs(outputs: readonly StageOutput[]): Promise<void> {
    if (outputs.length === 0) return;
    const sweepAt = new Date(this.#clock.now().getTime() + DAY_MS);
    const documents = outputs.map((output) => documentOf(output, sweepAt));
    await insertMissing(this.#collections.outputs, documents, 'An output');
  }

  async readOutputs(keys: readonly OutputKey[]): Promise<readonly StageOutput[]> {
    if (keys.length === 0) return [];
    const found = await storeCall(() => this.#collections.outputs.find({ _id: { $in: keys.map(idOf) } }).toArray());
    return found.map(outputOf);
  }

  async createUpload({ tenant, mediaType, originalName, maxBytes }: NewUpload, content: Readable): Promise<Upload> {
    const bounded = new Transform({ transform: atMost(maxBytes) });
    const file = await this.#files.write('upload', mediaType, content, [bounded]);
    const createdAt = this.#clock.now();
    const document: UploadDocument = {
      ...file,
      _id: this.#clock.uuid(),
      tenant,
      ...(originalName !== undefined && { originalName }),
      createdAt,
      expireAt: new Date(createdAt.getTime() + this.#uploadTtlMs),
    };
    await storeCall(() => this.#collections.uploads.insertOne(document));
    return uploadOf(document);
  }

  async readUpload(id: string): Promise<Upload | undefined> {
    const found = await storeCall(() => this.#collections.uploads.findOne({ _id: { $eq: id } }));
    return found ? uploadOf(found) : undefined;
  }

  async sweepOrphans(olderThanMs: number, limit: number): Promise<number> {
    return this.#sweep.run(olderThanMs, limit);
  }

  async scanOutputs(limit: number, after?: string): Promise<readonly ScannedOutput[]> {
    return scanOutputs(this.#collections, limit, after);
  }

  async missingFiles(refs: readonly string[]): Promise<readonly string[]> {
    return findMissingFiles(this.#db, refs);
  }

  async removeOrphans(keys: readonly OutputKey[]): Promise<number> {
    return this.#sweep.remove(keys.map(idOf));
  }
}

type NewUpload = Parameters<OutputStore['createUpload']>[0];

const idOf = ({ jobId, stage, claim }: OutputKey) => `${jobId}/${stage}/${claim}`;

function documentOf({ summary, ...output }: StageOutput, sweepAt: Date): OutputDocument {
  return { _id: idOf(output), ...output, ...(summary && { summary: JSON.stringify(summary) }), sweepAt };
}

function outputOf({ jobId, stage, claim, files, summary }: OutputDocument): StageOutput {
  return { jobId, stage, claim, files, ...(summary !== undefined && { summary: JSON.parse(summary) as Record<string, unknown> }) };
}

function uploadOf({ _id, ...upload }: UploadDocument): Upload {
  return { id: _id, ...upload };
}

/** Passes bytes on and fails beyond the limit. */
function atMost(maxBytes: number): NonNullable<ConstructorParameters<typeof Transform>[0]>['transform'] {
  let seen = 0;
  return (chunk: Buffer, _encoding, done) => {
    seen += chunk.length;
    if (seen > maxBytes) done(new UploadTooLargeError(maxBytes));
    else done(null, chunk);
  };
}

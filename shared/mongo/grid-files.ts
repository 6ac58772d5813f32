import { createHash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Db, GridFSBucket } from 'mongodb';
import { FileGoneError } from '../domain/failures.ts';
import type { Clock } from '../ports/clock.ts';
import type { ByteRange, Content, StoredFile } from '../ports/output-store.ts';
import { type Collections, collectionsOf, DURABLE, FILE_BUCKET } from './collections.ts';
import { closed, inTimeSink } from './in-time-sink.ts';
import { storeCall, toStoreError } from './store-errors.ts';

/** A gigabyte is then a thousand durable writes, not four thousand. */
const CHUNK_BYTES = 1_048_576;
/** Bytes of at most this many live in the reference itself: a small artifact costs no write of its own. */
const INLINE_BYTES = 4_096;
const INLINE = 'inline:';
/** A file that nothing refers to, or that was never completed, is swept after this long. */
const SWEEP_MS = 86_400_000;

/** True for a reference that holds the bytes itself. */
export function isInlineRef(ref: string): boolean {
  return ref.startsWith(INLINE);
}

/** Files of any size in GridFS bucket `files`; tiny ones inside their own reference. */
export class GridFiles {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #collections: Collections;
  readonly #bucket: GridFSBucket;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.#collections = collectionsOf(db);
    this.#bucket = new GridFSBucket(db, { bucketName: FILE_BUCKET, chunkSizeBytes: CHUNK_BYTES, writeConcern: DURABLE });
  }

  /** Stores the bytes durably. @param through what they pass first. @throws what the content or those throw; StoreUnavailableError. */
  async write(name: string, mediaType: string, content: Content, through: readonly Transform[] = []): Promise<StoredFile> {
    if (Buffer.isBuffer(content) && content.length <= INLINE_BYTES) return inlineFile(name, mediaType, content);
    // A source that fails before the pipeline listens must not end the process; the pipeline finds it destroyed.
    if (!Buffer.isBuffer(content)) content.on('error', () => undefined);
    const id = this.#clock.uuid();
    const sweepAt = new Date(this.#clock.now().getTime() + SWEEP_MS);
    await storeCall(() => this.#collections.openFiles.insertOne({ _id: id, sweepAt }));
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        done(null, chunk);
      },
    });
    // The bucket's own ids may be anything, though its type says ObjectId.
    const upload = this.#bucket.openUploadStreamWithId(id as never, name, { metadata: { mediaType, sweepAt } });
    const source = Buffer.isBuffer(content) ? Readable.from([content]) : content;
    const sink = inTimeSink(upload);
    try {
      await pipeline([source, ...through, measure, sink]);
    } catch (error) {
      // A pipeline fails without waiting for the chunk that is on its way, which would then come after the removal.
      await closed(sink);
      // One that was not answered in time may still come: the entry of the open file stays, so that the sweep removes it.
      await this.remove([id]).catch(() => undefined);
      throw toStoreError(error);
    }
    await storeCall(() => this.#collections.openFiles.deleteOne({ _id: { $eq: id } }));
    return { name, mediaType, sizeBytes, sha256: hash.digest('hex'), ref: id };
  }

  /** @throws FileGoneError; StoreUnavailableError, from the stream too. */
  async read(ref: string, range?: ByteRange): Promise<Readable> {
    if (ref.startsWith(INLINE)) return inlineBytes(ref, range);
    const files = this.#db.collection<{ _id: string }>(`${FILE_BUCKET}.files`);
    const found = await storeCall(() => files.findOne({ _id: { $eq: ref } }, { projection: { length: 1 } }));
    if (!found) throw new FileGoneError('The file is not stored any more.');
    const part = range && { start: range.start, end: range.end + 1 };
    const download = this.#bucket.openDownloadStream(ref as never, part);
    return Readable.from(withStoreErrors(download), { objectMode: false, highWaterMark: CHUNK_BYTES });
  }

  /** Removes files and whatever chunks there are of them. */
  async remove(refs: readonly string[]): Promise<void> {
    const ids = refs.filter((ref) => !ref.startsWith(INLINE)) as never[];
    if (ids.length === 0) return;
    await storeCall(() => this.#db.collection(`${FILE_BUCKET}.files`, { writeConcern: DURABLE }).deleteMany({ _id: { $in: ids } }));
    await storeCall(() => this.#db.collection(`${FILE_BUCKET}.chunks`, { writeConcern: DURABLE }).deleteMany({ files_id: { $in: ids } }));
  }
}

function inlineFile(name: string, mediaType: string, bytes: Buffer): StoredFile {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name, mediaType, sizeBytes: bytes.length, sha256, ref: `${INLINE}${bytes.toString('base64')}` };
}

function inlineBytes(ref: string, range?: ByteRange): Readable {
  const bytes = Buffer.from(ref.slice(INLINE.length), 'base64');
  return Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes], { objectMode: false });
}

async function* withStoreErrors(stream: Readable): AsyncGenerator<Buffer> {
  try {
    yield* stream as AsyncIterable<Buffer>;
  } catch (error) {
    throw toStoreError(error);
  }
}

import type { Readable } from 'node:stream';
import type { OutputKey } from '../domain/output-key.ts';

/** One stored file. */
export interface StoredFile {
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  /** Where the bytes are; opaque. */
  readonly ref: string;
}

/** A stored artifact of one claim of one stage. */
export interface OutputFile extends StoredFile {
  readonly audience: 'user' | 'internal';
}

/** What one claim of a stage produced; visible only once a committed result names the claim. */
export interface StageOutput extends OutputKey {
  readonly files: readonly OutputFile[];
  /** Small JSON for the caller, at most 4 KiB. */
  readonly summary?: Readonly<Record<string, unknown>>;
}

/** Content to store: bytes at hand or a stream (read once). */
export type Content = Buffer | Readable;

export interface Upload extends StoredFile {
  readonly id: string;
  readonly tenant: string;
  readonly originalName?: string;
  readonly createdAt: Date;
  readonly expireAt: Date;
}

/** A byte range, both ends inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** An output as fsck sees it. */
export interface ScannedOutput extends OutputKey {
  /** Pass as `after` for what follows. */
  readonly cursor: string;
  /** When the sweep looks at it, a day after the insert at first; long past: the sweep does not work. */
  readonly sweepAt: Date;
}

/** Bytes of uploads and outputs. Methods throw `StoreUnavailableError` when the store is away. */
export interface OutputStore {
  /** Stores the bytes durably. @returns size, digest and ref. */
  writeFile(name: string, mediaType: string, content: Content): Promise<StoredFile>;
  /** Streams bytes. @throws FileGoneError when they are not stored. */
  readFile(ref: string, range?: ByteRange): Promise<Readable>;
  removeFiles(refs: readonly string[]): Promise<void>;

  /** Inserts what claims produced, durably, before their commits. The same output twice is one. */
  insertOutputs(outputs: readonly StageOutput[]): Promise<void>;
  /** Outputs of the claims named, those that exist. */
  readOutputs(keys: readonly OutputKey[]): Promise<readonly StageOutput[]>;

  /** Streams an upload in, at most `maxBytes`. @throws UploadTooLargeError beyond (nothing is kept). */
  createUpload(upload: { tenant: string; mediaType: string; originalName?: string; maxBytes: number }, content: Readable): Promise<Upload>;
  readUpload(id: string): Promise<Upload | undefined>;

  /** Removes outputs of claims that never committed and of jobs that are gone, older than `olderThanMs`. @returns how many. */
  sweepOrphans(olderThanMs: number, limit: number): Promise<number>;

  /** All outputs, in an order of their own, at most `limit` a call. @param after the last cursor of the call before. */
  scanOutputs(limit: number, after?: string): Promise<readonly ScannedOutput[]>;
  /** Those of the refs whose bytes are not stored in full. */
  missingFiles(refs: readonly string[]): Promise<readonly string[]>;
  /** As the sweep does, for these outputs alone: one that is in use stays. @returns how many were removed. */
  removeOrphans(keys: readonly OutputKey[]): Promise<number>;
}

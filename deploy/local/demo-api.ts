import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as delay } from 'node:timers/promises';

/** GET /jobs/{job_id}/status. */
export interface DemoStatus {
  readonly status: string;
  readonly progress: number;
  readonly error?: string;
  readonly retry_available?: boolean;
}

interface Output {
  readonly name: string;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly href: string;
}

/** A file of the report, downloaded and checked. */
export interface DownloadedFile {
  readonly path: string;
  readonly sizeBytes: number;
}

/** The API refused; the message is what it said. */
export class ApiError extends Error {}

const TRIES = 5;
const LONGEST_WAIT_S = 10;
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.tsv': 'text/tab-separated-values',
  '.json': 'application/json',
  '.ndjson': 'application/x-ndjson',
  '.jsonl': 'application/x-ndjson',
  '.parquet': 'application/vnd.apache.parquet',
  '.gz': 'application/gzip',
};

/** What a problem+json body says, with each of its errors. */
async function problemText(answer: Response): Promise<string> {
  const text = await answer.text();
  try {
    const {
      title,
      detail,
      errors = [],
    } = JSON.parse(text) as { title?: string; detail?: string; errors?: readonly Record<string, string>[] };
    const all = errors.map((one) => `${one['pointer'] ?? one['parameter'] ?? ''} ${one['detail']}`.trim());
    return [detail ?? title, ...all].join('\n  ');
  } catch {
    return text.slice(0, 500);
  }
}

/** A client of the API that does what a careful one does: waits as Retry-After says, and submits under an idempotency key. */
export class DemoApi {
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  /** Streams a file to POST /v1/uploads. @throws ApiError */
  async upload(path: string): Promise<string> {
    const { size } = await stat(path);
    const type = MEDIA_TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream';
    const answer = await this.#send(`/v1/uploads?filename=${encodeURIComponent(basename(path))}`, () => ({
      method: 'POST',
      headers: { 'content-type': type, 'content-length': String(size) },
      body: Readable.toWeb(createReadStream(path)) as ReadableStream,
      duplex: 'half',
    }));
    return ((await answer.json()) as { upload_id: string }).upload_id;
  }

  /** Submits a `report` job and returns its id. @throws ApiError */
  async submitReport(uploadId: string, options: object): Promise<string> {
    const body = JSON.stringify({ type: 'report', input: { upload_id: uploadId }, options });
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const answer = await this.#send('/v1/jobs', () => ({ method: 'POST', headers, body }));
    return ((await answer.json()) as { job_id: string }).job_id;
  }

  /** @throws ApiError */
  async status(jobId: string): Promise<DemoStatus> {
    return (await (await this.#send(`/jobs/${jobId}/status`)).json()) as DemoStatus;
  }

  /** Downloads all files of a job into a folder and checks size and SHA-256 of each. @throws ApiError */
  async download(jobId: string, folder: string): Promise<readonly DownloadedFile[]> {
    const { outputs } = (await (await this.#send(`/v1/jobs/${jobId}/outputs`)).json()) as { outputs: readonly Output[] };
    await mkdir(folder, { recursive: true });
    const files: DownloadedFile[] = [];
    for (const output of outputs) files.push(await this.#downloadOne(output, folder));
    return files;
  }

  async #downloadOne({ name, href, size_bytes, sha256 }: Output, folder: string): Promise<DownloadedFile> {
    const path = join(folder, basename(name));
    const answer = await this.#send(href);
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        done(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(answer.body as ReadableStream), measure, createWriteStream(path));
    if (sizeBytes !== size_bytes || hash.digest('hex') !== sha256) throw new ApiError(`${name} arrived damaged.`);
    return { path, sizeBytes };
  }

  /** The request is made anew for each try: a stream can be read once only. */
  async #send(path: string, request: () => RequestInit & { duplex?: 'half' } = () => ({})): Promise<Response> {
    for (let tries = 1; ; tries += 1) {
      const answer = await fetch(new URL(path, this.#base), request());
      if (answer.ok) return answer;
      if (![429, 503].includes(answer.status) || tries === TRIES) throw new ApiError(`${answer.status}: ${await problemText(answer)}`);
      await answer.body?.cancel();
      await delay(Math.min(Number(answer.headers.get('retry-after')) || 1, LONGEST_WAIT_S) * 1_000);
    }
  }
}

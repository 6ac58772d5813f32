import { type ApiConnection, type ApiRequest, readJson } from './api-connection.ts';
import type { Upload } from './api-types.ts';
import { type CallOptions, checkWhole } from './client-options.ts';

/** Bytes of a file. A stream is sent as it comes, where the platform can (Node, and Chromium over HTTP/2). */
export type UploadBody = Blob | ArrayBuffer | Uint8Array<ArrayBuffer> | string | ReadableStream<Uint8Array>;

/** Options of `upload`. */
export interface UploadOptions extends CallOptions {
  /** Name to show, at most 255 characters. */
  readonly filename?: string;
  /** Media type; decides with the content how the file is read. Default: the Blob's own, else application/octet-stream. */
  readonly media_type?: string;
  /** Of the whole upload. Default 0: none. */
  readonly timeoutMs?: number;
}

/** Stores a file. A stream can be sent once only: there is no repeat. */
export function sendUpload(connection: ApiConnection, body: UploadBody, options: UploadOptions): Promise<Upload> {
  const { filename, signal, timeoutMs = 0 } = options;
  const mediaType = options.media_type ?? ((body instanceof Blob && body.type) || 'application/octet-stream');
  const request: ApiRequest = {
    method: 'POST',
    path: `/v1/uploads${filename === undefined ? '' : `?filename=${encodeURIComponent(filename)}`}`,
    headers: { 'content-type': mediaType },
    body,
  };
  const ends = { signal, timeoutMs: checkWhole('timeoutMs', timeoutMs, 0) };
  if (body instanceof ReadableStream) return connection.attempt(request, readJson<Upload>(request), ends);
  return connection.call(request, readJson<Upload>(request), ends);
}

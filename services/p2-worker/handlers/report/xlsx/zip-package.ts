import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** Content of a file in a ZIP archive: read when its turn comes. */
export type PartContent = () => AsyncIterable<string> | Iterable<string>;

/** DOS times are local times without a zone: built from the UTC parts, the archive is the same wherever it is made. */
function dosTime(at: Date): Date {
  return new Date(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds());
}

/** Writes an archive whose files are produced one after another; memory is bounded by the largest piece of one. */
export async function writeZip(path: string, parts: readonly (readonly [name: string, content: PartContent])[], at: Date): Promise<void> {
  const zip = new ZipFile();
  const failed = new Promise<never>((_, reject) => zip.on('error', reject));
  const options = { mtime: dosTime(at), forceDosTimestamp: true, mode: 0o100644 };
  for (const [name, content] of parts)
    zip.addReadStreamLazy(name, options, (give) =>
      give(
        null,
        Readable.from(content(), { objectMode: true }).map((text: string) => Buffer.from(text)),
      ),
    );
  zip.end();
  await Promise.race([pipeline(zip.outputStream, createWriteStream(path)), failed]);
}

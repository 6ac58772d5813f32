import { open } from 'node:fs/promises';
import iconv from 'iconv-lite';
import { fileBlocks } from './file-blocks.ts';
import type { TextEncoding } from './text-encoding.ts';

interface Decoder {
  write(block: Buffer): string;
  end(): string;
}

/** iconv-lite has no ISO-2022-JP; the runtime's own decoder has. */
function decoderOf(name: string): Decoder {
  if (name !== 'iso-2022-jp') {
    const decoder = iconv.getDecoder(name, { stripBOM: false });
    return { write: (block) => decoder.write(block), end: () => decoder.end() ?? '' };
  }
  const decoder = new TextDecoder(name);
  return { write: (block) => decoder.decode(block, { stream: true }), end: () => decoder.decode() };
}

function countReplaced(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) count += 1;
  return count;
}

/**
 * Writes a text file again as UTF-8 without a mark, block by block.
 * @returns how many characters could not be decoded and stand as U+FFFD.
 */
export async function transcodeFile(
  from: string,
  to: string,
  encoding: TextEncoding,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<number> {
  const decoder = decoderOf(encoding.decoder ?? 'utf-8');
  const out = await open(to, 'w');
  let replaced = 0;
  let read = 0;
  const put = async (text: string) => {
    if (text === '') return;
    replaced += countReplaced(text);
    await out.writeFile(text);
  };
  try {
    for await (const block of fileBlocks(from, signal, encoding.bomBytes)) {
      await put(decoder.write(block));
      read += block.length;
      onBytes(read);
    }
    await put(decoder.end());
  } finally {
    await out.close();
  }
  return replaced;
}

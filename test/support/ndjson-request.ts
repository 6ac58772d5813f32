import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';

/** How many lines go out in one write. */
const LINES_A_WRITE = 500;

/**
 * POSTs NDJSON as it is made, and reads the answer meanwhile, holding neither.
 * @param onLine is given each line of the answer.
 * @returns the status of the answer.
 * @throws Error when the connection is cut.
 */
export async function postNdjson(url: string, lines: Iterable<string>, onLine: (line: string) => void): Promise<number> {
  const sent = request(url, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } });
  const answered = new Promise<IncomingMessage>((resolve, reject) => sent.on('response', resolve).on('error', reject));
  const read = answered.then(async (response) => {
    for await (const line of createInterface({ input: response })) onLine(line);
    if (!response.complete) throw new Error('the answer was cut');
    return response.statusCode ?? 0;
  });
  // A failure is told of by what is awaited at the end, not by the first write that meets it.
  const isOver = read.catch(() => undefined);
  let block = '';
  let count = 0;
  for (const line of lines) {
    block += `${line}\n`;
    count += 1;
    if (count % LINES_A_WRITE > 0) continue;
    if (!sent.write(block)) await Promise.race([once(sent, 'drain').catch(() => undefined), isOver]);
    block = '';
  }
  sent.end(block);
  return read;
}

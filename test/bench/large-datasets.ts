import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

/** Shapes of generated datasets. */
export const SHAPES = ['orders', 'wide', 'texts', 'numbers', 'ndjson', 'latin1'] as const;
export type Shape = (typeof SHAPES)[number];

const COUNTRIES = ['DE', 'FR', 'US', 'GB', 'IT', 'ES', 'PL', 'NL', 'BE', 'AT', 'CH', 'SE', 'NO', 'DK', 'FI', 'JP', 'CN', 'IN', 'BR', 'NA'];
const WORDS = 'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore'.split(' ');
const LINES_A_BLOCK = 5_000;

/** Linear congruential generator: the same file at every run. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

function orderLine(row: number, random: () => number): string {
  const at = new Date(1_577_836_800_000 + row * 7_000 + Math.floor(random() * 7_000)).toISOString();
  const word = () => WORDS[Math.floor(random() * WORDS.length)];
  const note = random() < 0.1 ? '' : random() < 0.05 ? `"quoted, ${word()}"` : `${word()} ${word()}`;
  const measure = random() * 1_000 - 500 + random() * 1e-6;
  const cells = [row, at.slice(0, 19), `C${Math.floor(random() * 500_000)}`, COUNTRIES[Math.floor(random() * 20)], `P-${row % 3_000}`];
  return [...cells, 1 + Math.floor(random() * 20), (random() * 1_000).toFixed(2), measure, random() < 0.7, at.slice(0, 10), note].join(',');
}

function textLine(row: number, random: () => number): string {
  const words = Array.from({ length: 12 }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ');
  return `${row.toString(36)} ${words} ${Math.floor(random() * 1e9).toString(36)}`;
}

const ORDER_COLUMNS = 'id,created_at,customer,country,product,quantity,price,measure,active,day,note';

const LINES: Readonly<Record<Shape, { readonly header: string; readonly line: (row: number, random: () => number) => string }>> = {
  orders: { header: ORDER_COLUMNS, line: orderLine },
  latin1: { header: `${ORDER_COLUMNS},größe`, line: (row, random) => `${orderLine(row, random)},Übergröße` },
  wide: {
    header: Array.from({ length: 500 }, (_, column) => `column ${column}`).join(','),
    line: (row) =>
      Array.from({ length: 500 }, (_, column) => (column % 3 ? (row * 7 + column * 13) % 1_000 : ((row * column) % 977) / 10)).join(','),
  },
  texts: { header: 'text', line: textLine },
  numbers: { header: 'n', line: (_, random) => String(Math.floor(random() * 1e9)) },
  ndjson: {
    header: '',
    line: (row, random) => {
      const [id, at, customer, country] = orderLine(row, random).split(',');
      return JSON.stringify({
        id: Number(id),
        at,
        customer,
        country,
        nested: { row, tags: ['a', 'b'] },
        value: random(),
        flag: random() < 0.5,
      });
    },
  },
};

/** Writes a dataset of about `bytes` bytes. @returns its rows. */
export async function writeDataset(path: string, shape: Shape, bytes: number): Promise<number> {
  const { header, line } = LINES[shape];
  const random = randomOf(20_240_229);
  const out = createWriteStream(path, { encoding: shape === 'latin1' ? 'latin1' : 'utf8', highWaterMark: 4_194_304 });
  const done = finished(out);
  if (header !== '') out.write(`${header}\n`);
  let rows = 0;
  for (let written = 0; written < bytes; ) {
    let block = '';
    for (let index = 0; index < (shape === 'wide' ? LINES_A_BLOCK / 50 : LINES_A_BLOCK); index += 1)
      block += `${line((rows += 1), random)}\n`;
    written += block.length;
    if (!out.write(block)) await once(out, 'drain');
  }
  out.end();
  await done;
  return rows;
}

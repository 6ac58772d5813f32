import { getDocumentProxy } from 'unpdf';

/** A page as a reader that knows nothing of ours sees it. */
export interface PdfPage {
  readonly width: number;
  readonly height: number;
  /** In the order of the page, without white space, which PDF has none of. */
  readonly text: string;
  /** Where each piece of text stands: left, right, baseline from below. */
  readonly pieces: readonly { readonly text: string; readonly left: number; readonly right: number; readonly y: number }[];
  /** Roles of the structure tree of the page, e.g. `H1`, `Table`, `Figure`. */
  readonly roles: ReadonlySet<string>;
  readonly alts: readonly string[];
}

export interface PdfFile {
  readonly pages: readonly PdfPage[];
  readonly info: Readonly<Record<string, unknown>>;
  readonly lang: string | undefined;
  readonly isTagged: boolean;
  /** Titles of the bookmarks, those below a section indented by one space. */
  readonly bookmarks: readonly string[];
}

interface StructNode {
  readonly role?: string;
  readonly alt?: string;
  readonly lang?: string;
  readonly children?: readonly StructNode[];
}

function* nodes(node: StructNode | null): Generator<StructNode> {
  if (!node) return;
  yield node;
  for (const child of node.children ?? []) yield* nodes(child);
}

/** Text without white space: how letters stand is not what is compared. */
export function letters(text: string): string {
  return text.replace(/\s+/g, '');
}

/** Reads a PDF with PDF.js. */
export async function readPdf(bytes: Buffer): Promise<PdfFile> {
  const document = await getDocumentProxy(new Uint8Array(bytes));
  const pages: PdfPage[] = [];
  for (let number = 1; number <= document.numPages; number += 1) {
    const page = await document.getPage(number);
    const [, , width = 0, height = 0] = page.view;
    const { items } = await page.getTextContent();
    const pieces = items.flatMap((item) => {
      if (!('str' in item) || item.str === '') return [];
      const [, , , , left, y] = item.transform as number[];
      return [{ text: item.str, left: left!, right: left! + item.width, y: y! }];
    });
    const tree = [...nodes((await page.getStructTree()) as StructNode | null)];
    pages.push({
      width,
      height,
      pieces,
      text: letters(pieces.map(({ text }) => text).join('')),
      roles: new Set(tree.flatMap(({ role }) => role ?? [])),
      alts: tree.flatMap(({ alt }) => alt ?? []),
    });
  }
  const { info } = await document.getMetadata();
  const outline = (await document.getOutline()) ?? [];
  const bookmarks = outline.flatMap((item) => [item.title, ...item.items.map((child: { title: string }) => ` ${child.title}`)]);
  const marks = (await document.getMarkInfo()) as { Marked?: boolean } | null;
  return {
    pages,
    info: info as Record<string, unknown>,
    lang: (info as { Language?: string }).Language,
    isTagged: marks?.Marked === true,
    bookmarks,
  };
}

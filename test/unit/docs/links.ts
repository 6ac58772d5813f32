import { posix } from 'node:path';

/** Marks the place that a link points to, in a page or beside it. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

const FENCE = /^\s*(```|~~~)/;
/** `[text](target)`, `![text](target)`, `[label]: target`, and the attributes of embedded HTML. */
const LINKS = [/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g, /^\[[^\]]+\]:\s*(\S+)/g, /\b(?:src|srcset|href)="([^"]+)"/g];

/** Lines outside fenced code, with their numbers. */
function proseLines(text: string): { line: string; number: number }[] {
  let isCode = false;
  return text.split('\n').flatMap((line, index) => {
    if (FENCE.test(line)) isCode = !isCode;
    else if (!isCode) return [{ line, number: index + 1 }];
    return [];
  });
}

/** Every link of a Markdown page, in order; code is left out. */
export function linksOf(text: string): readonly Link[] {
  return proseLines(text).flatMap(({ line, number }) => {
    const prose = line.replaceAll(/`[^`]*`/g, (code) => ' '.repeat(code.length));
    return LINKS.flatMap((pattern) => [...prose.matchAll(pattern)].map((match) => ({ target: match[1]!, line: number })));
  });
}

/** Anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const { line } of proseLines(text)) {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const slug = heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** What the check needs of the repository. Paths are relative to it, with `/`. */
export interface Pages {
  exists(path: string): boolean;
  read(path: string): string;
}

/** @returns a sentence for each relative link of a page that leads nowhere; addresses of other hosts are not looked at. */
export function brokenLinks(page: string, pages: Pages): readonly string[] {
  return linksOf(pages.read(page)).flatMap(({ target, line }) => {
    if (/^(https?|mailto):/.test(target)) return [];
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? page : posix.normalize(posix.join(posix.dirname(page), decodeURIComponent(file)));
    const where = `${page}:${line}: ${target}`;
    if (path.startsWith('..') || file.startsWith('/')) return [`${where} leads out of the repository`];
    if (!pages.exists(path)) return [`${where}: there is no ${path}`];
    if (anchor === undefined || !path.endsWith('.md') || anchorsOf(pages.read(path)).has(anchor)) return [];
    return [`${where}: ${path} has no heading ${anchor}`];
  });
}

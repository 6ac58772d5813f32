import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { FontBook } from '../fonts/font-book.ts';
import type { ReportView } from '../input/report-view.ts';
import { dateText } from '../wording/report-facts.ts';
import { escapeHtml } from './escape.ts';
import { fontFaces } from './font-faces.ts';
import {
  detailSection,
  findingsSection,
  type HtmlSection,
  headerHtml,
  methodSection,
  overviewSection,
  requestSection,
  warningsHtml,
} from './html-sections.ts';
import { PAGE_STYLE } from './page-style.ts';
import { tableSectionHtml } from './table-html.ts';

function sectionHtml({ id, title, body }: HtmlSection): string {
  return `<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>\n${body}</section>`;
}

function contents(sections: readonly HtmlSection[]): string {
  const items = sections.map(({ id, title }) => `<li><a href="#${id}">${title}</a></li>`).join('');
  return `<nav aria-label="Contents"><ul>${items}</ul></nav>`;
}

function sectionsOf(view: ReportView): readonly HtmlSection[] {
  const isGroups = view.profile.table.kind === 'groups';
  const table = tableSectionHtml(view);
  const all = [
    findingsSection(view),
    requestSection(view),
    isGroups ? table : undefined,
    overviewSection(view),
    detailSection(view),
    isGroups ? undefined : table,
    methodSection(view),
  ];
  return all.filter((section) => section !== undefined);
}

/** Nothing may be loaded or run; the one style sheet is named by its digest, so that no injected one counts. */
function policy(style: string): string {
  const digest = createHash('sha256').update(style).digest('base64');
  return `default-src 'none'; style-src 'sha256-${digest}'; font-src data:; base-uri 'none'; form-action 'none'`;
}

function pageHtml(view: ReportView, style: string): string {
  const { profile } = view;
  const sections = sectionsOf(view);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(style)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Jobline">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(profile.title)}</title>
<style>${style}</style>
</head>
<body>
<header>
${headerHtml(profile)}
${contents(sections)}
</header>
<main>
${warningsHtml(profile)}
${sections.map(sectionHtml).join('\n')}
</main>
<footer><div>Made by Jobline on ${escapeHtml(dateText(profile.createdAt))} from <bdi>${escapeHtml(profile.source.name)}</bdi>.</div></footer>
</body>
</html>
`;
}

/** Writes the report as one self-contained page: no request leaves it, no script is in it. */
export async function renderHtml(view: ReportView, book: FontBook, path: string, signal: AbortSignal): Promise<void> {
  const style = `${PAGE_STYLE}\n${await fontFaces(book, signal)}`;
  await writeFile(path, pageHtml(view, style), { signal });
}

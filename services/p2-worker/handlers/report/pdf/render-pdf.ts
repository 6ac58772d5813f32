import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { groupChart } from '../chart/group-chart.ts';
import type { Scene } from '../chart/scene.ts';
import { cleanText } from '../fonts/clean-text.ts';
import type { FontBook } from '../fonts/font-book.ts';
import type { ReportView } from '../input/report-view.ts';
import { DETAILED_COLUMNS, detailNote } from '../wording/detail-note.ts';
import { findings } from '../wording/findings.ts';
import { methodNotes } from '../wording/method-notes.ts';
import { optionSentences } from '../wording/options-text.ts';
import { dateText } from '../wording/report-facts.ts';
import { columnCards } from './column-cards.ts';
import { columnOverview } from './column-overview.ts';
import { PageFlow } from './page-flow.ts';
import { PdfCanvas } from './pdf-canvas.ts';
import { drawScene } from './pdf-scene.ts';
import type { Tag } from './pdf-tags.ts';
import { bullets, callout, heading, paragraph, SMALL } from './prose.ts';
import { planTable, tableSection } from './table-section.ts';
import { titleBlock } from './title-block.ts';

function section(flow: PageFlow, draw: (tag: Tag) => void): void {
  const tag = flow.tags.element('Sect', flow.tags.root);
  draw(tag);
  tag.end();
}

function opening(flow: PageFlow, view: ReportView): void {
  const { profile } = view;
  section(flow, (tag) => titleBlock(flow, profile, tag));
  const found = findings(view);
  if (found.length > 0)
    section(flow, (tag) => {
      heading(flow, 'Findings', tag);
      bullets(flow, found, tag);
    });
  const asked = optionSentences(profile);
  if (asked.length > 0)
    section(flow, (tag) => {
      heading(flow, 'What was asked for', tag);
      bullets(flow, asked, tag);
    });
  if (profile.warnings.length > 0) section(flow, (tag) => callout(flow, 'Notes on the data', profile.warnings, tag));
}

interface Figure {
  readonly caption: string;
  readonly scene: Scene;
}

function plannedFigure(flow: PageFlow, view: ReportView): Figure | undefined {
  const chart = groupChart(view);
  return chart && { caption: chart.caption, scene: chart.draw({ width: flow.width, height: 170, fontSize: 8, text: flow.canvas.measure }) };
}

function figure(flow: PageFlow, { caption, scene }: Figure, parent: Tag): void {
  paragraph(flow, caption, parent, SMALL);
  flow.y += 4;
  flow.need(scene.height);
  const { left, y, width } = flow;
  flow.tags.leaf('Figure', parent, () => drawScene(flow.canvas, scene, left, y), {
    alt: scene.alt,
    bbox: [left, y, left + width, y + scene.height],
  });
  flow.y += scene.height + 12;
}

/** Room for a chart's caption of two lines. */
const CAPTION_HEIGHT = 40;

function table(flow: PageFlow, view: ReportView): void {
  const isGroups = view.profile.table.kind === 'groups';
  section(flow, (tag) => {
    const plan = planTable(flow, view);
    if (!isGroups) flow.turn(plan.layout);
    const planned = isGroups ? plannedFigure(flow, view) : undefined;
    // A heading stands on the page of its chart.
    heading(flow, isGroups ? 'Result' : 'Rows', tag, planned ? planned.scene.height + CAPTION_HEIGHT : 120);
    if (planned) figure(flow, planned, tag);
    flow.turn(plan.layout);
    tableSection(flow, view, plan, tag);
  });
}

function columns(flow: PageFlow, view: ReportView): void {
  const all = view.profile.columns;
  if (all.length === 0) return;
  flow.turn('portrait');
  section(flow, (tag) => {
    heading(flow, 'Columns at a glance', tag, 100);
    columnOverview(flow, all, tag);
  });
  section(flow, (tag) => {
    heading(flow, 'Column by column', tag, 150);
    const note = detailNote(view.profile);
    if (note) paragraph(flow, note, tag, SMALL);
    flow.y += 4;
    columnCards(flow, all.slice(0, DETAILED_COLUMNS), tag);
  });
}

function body(flow: PageFlow, view: ReportView): void {
  opening(flow, view);
  if (view.profile.table.kind === 'groups') table(flow, view);
  columns(flow, view);
  section(flow, (tag) => {
    heading(flow, 'Method', tag, 90);
    bullets(flow, methodNotes(view.profile), tag, { ...SMALL, leading: 12 });
  });
  if (view.profile.table.kind === 'rows') table(flow, view);
}

/** Writes the report as a tagged PDF. @returns its number of pages. */
export async function renderPdf(view: ReportView, book: FontBook, path: string): Promise<number> {
  const { profile } = view;
  const title = cleanText(profile.title);
  const canvas = new PdfCanvas(book, {
    title,
    subject: cleanText(`Report on ${profile.source.name}`),
    createdAt: new Date(profile.createdAt),
  });
  const written = pipeline(canvas.doc as unknown as NodeJS.ReadableStream, createWriteStream(path));
  const flow = new PageFlow(canvas);
  flow.newPage('portrait');
  body(flow, view);
  const pages = flow.finish(title, `Jobline · ${dateText(profile.createdAt)}`);
  canvas.doc.end();
  await written;
  return pages;
}

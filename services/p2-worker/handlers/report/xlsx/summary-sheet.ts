import type { ReportView } from '../input/report-view.ts';
import { findings } from '../wording/findings.ts';
import { methodNotes } from '../wording/method-notes.ts';
import { optionSentences } from '../wording/options-text.ts';
import { dateText, keyFacts, missingCells, sourceText } from '../wording/report-facts.ts';
import { rowXml, type XlsxCell } from './cells.ts';
import type { SheetSpec } from './sheet.ts';
import { workbookNotes } from './workbook-notes.ts';
import type { StyleName, WorkbookStyles } from './workbook-styles.ts';

const WIDTHS = [24, 20, 84];
/** Characters on one line of the merged columns. */
const LINE_CHARACTERS = 126;
const LINE_HEIGHT = 14;

/** A sheet of the workbook and what is on it. */
export interface SheetEntry {
  readonly name: string;
  readonly description: string;
}

/** Builds rows from the top down, with the merges and links that they need. */
class SummaryRows {
  readonly #styles: WorkbookStyles;
  readonly rows: string[] = [];
  readonly merges: string[] = [];
  readonly links: { readonly cell: string; readonly sheet: string }[] = [];

  constructor(styles: WorkbookStyles) {
    this.#styles = styles;
  }

  cell(value: XlsxCell['value'], style: StyleName): XlsxCell {
    return { value, style: this.#styles.id(style) };
  }

  add(cells: readonly XlsxCell[], height?: number): void {
    this.rows.push(rowXml(cells, this.rows.length + 1, height));
  }

  /** Text over all three columns, as high as it needs. */
  wide(text: string, style: StyleName, height?: number): void {
    const row = this.rows.length + 1;
    const needed = Math.ceil(text.length / LINE_CHARACTERS) * LINE_HEIGHT + 1;
    this.add([this.cell(text, style), this.cell(null, style), this.cell(null, style)], height ?? Math.min(400, needed));
    this.merges.push(`A${row}:C${row}`);
  }

  section(title: string, sentences: readonly string[]): void {
    if (sentences.length === 0) return;
    this.add([]);
    this.add([this.cell(title, 'heading')], 18);
    for (const sentence of sentences) this.wide(sentence, 'wrapped');
  }

  link({ name, description }: SheetEntry): void {
    this.links.push({ cell: `A${this.rows.length + 1}`, sheet: name });
    this.add([this.cell(name, 'link'), this.cell(description, 'plain')]);
  }
}

function facts(rows: SummaryRows, view: ReportView): void {
  const { profile } = view;
  const cells = profile.columns.length * profile.rows.afterFilter;
  const values = [
    profile.rows.afterFilter,
    profile.columns.length,
    cells === 0 ? null : missingCells(profile.columns) / cells,
    profile.table.storedRows,
  ];
  rows.add([]);
  for (const [index, fact] of keyFacts(profile).entries())
    rows.add(
      [
        rows.cell(fact.label, 'label'),
        rows.cell(values[index] ?? null, index === 2 ? 'bigPercent' : 'bigCount'),
        rows.cell(fact.note, 'soft'),
      ],
      18,
    );
}

/** The first sheet: what this is, key figures, findings, method, and links to the other sheets. */
export function summarySheet(view: ReportView, sheets: readonly SheetEntry[], styles: WorkbookStyles): SheetSpec {
  const { profile } = view;
  const rows = new SummaryRows(styles);
  rows.wide(profile.title, 'title', Math.min(3, Math.ceil(profile.title.length / 62)) * 26);
  rows.add([rows.cell('Source', 'label'), rows.cell(`${profile.source.name} · ${sourceText(profile)}`, 'plain')]);
  rows.add([rows.cell('Date', 'label'), rows.cell(dateText(profile.createdAt), 'plain')]);
  facts(rows, view);
  rows.section('Findings', findings(view));
  rows.section('What was asked for', optionSentences(profile));
  rows.section('Notes on the data', profile.warnings);
  rows.add([]);
  rows.add([rows.cell('Sheets', 'heading')], 18);
  for (const sheet of sheets) rows.link(sheet);
  rows.section('Method', [...methodNotes(profile), ...workbookNotes(profile)]);
  return { name: 'Summary', widths: WIDTHS, rows: () => rows.rows, merges: rows.merges, links: rows.links, hasGridLines: false };
}

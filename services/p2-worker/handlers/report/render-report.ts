import { join } from 'node:path';
import type { ReportFormat } from '../../../../shared/domain/report-profile.ts';
import type { Artifact, StageTools } from '../../../../shared/ports/stage-handler.ts';
import { renderColumnsCsv, renderTableCsv } from './csv/render-csv.ts';
import { FontBook } from './fonts/font-book.ts';
import { reportTexts } from './fonts/report-texts.ts';
import { renderHtml } from './html/render-html.ts';
import type { ReportView } from './input/report-view.ts';
import { renderPdf } from './pdf/render-pdf.ts';
import { renderXlsx } from './xlsx/render-xlsx.ts';

/** The files of a report and what they say about themselves. */
export interface RenderedReport {
  readonly artifacts: readonly Artifact[];
  /** Of the PDF; absent without one. */
  readonly pages?: number;
}

const MEDIA_TYPES = {
  'report.pdf': 'application/pdf',
  'report.xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'report.html': 'text/html; charset=utf-8',
  'table.csv': 'text/csv; charset=utf-8',
  'columns.csv': 'text/csv; charset=utf-8',
} as const;

type FileName = keyof typeof MEDIA_TYPES;

function artifact(name: FileName): Artifact {
  return { name, mediaType: MEDIA_TYPES[name], audience: 'user' };
}

class ReportRenderer {
  readonly #view: ReportView;
  readonly #outDir: string;
  readonly #signal: AbortSignal;
  #book: FontBook | undefined;
  pages: number | undefined;

  constructor(view: ReportView, outDir: string, signal: AbortSignal) {
    this.#view = view;
    this.#outDir = outDir;
    this.#signal = signal;
  }

  async render(format: ReportFormat): Promise<readonly FileName[]> {
    switch (format) {
      case 'pdf':
        this.pages = await this.#pdf();
        return ['report.pdf'];
      case 'xlsx':
        await renderXlsx(this.#view, this.#path('report.xlsx'), this.#signal);
        return ['report.xlsx'];
      case 'html':
        await renderHtml(this.#view, this.#fonts(), this.#path('report.html'), this.#signal);
        return ['report.html'];
      case 'csv':
        await renderTableCsv(this.#view, this.#path('table.csv'), this.#signal);
        await renderColumnsCsv(this.#view, this.#path('columns.csv'));
        return ['table.csv', 'columns.csv'];
    }
  }

  async #pdf(): Promise<number> {
    const book = this.#fonts();
    await book.load(this.#signal);
    return await renderPdf(this.#view, book, this.#path('report.pdf'));
  }

  #fonts(): FontBook {
    this.#book ??= new FontBook(reportTexts(this.#view.profile, this.#view.preview));
    return this.#book;
  }

  #path(name: FileName): string {
    return join(this.#outDir, name);
  }
}

/** Renders the formats that were asked for, one after another: each needs memory of its own. */
export async function renderReport(view: ReportView, outDir: string, { signal, progress }: StageTools): Promise<RenderedReport> {
  const renderer = new ReportRenderer(view, outDir, signal);
  const { formats } = view.profile.options;
  const names: FileName[] = [];
  for (const [index, format] of formats.entries()) {
    signal.throwIfAborted();
    names.push(...(await renderer.render(format)));
    progress((index + 1) / formats.length);
  }
  return { artifacts: names.map(artifact), ...(renderer.pages === undefined ? {} : { pages: renderer.pages }) };
}

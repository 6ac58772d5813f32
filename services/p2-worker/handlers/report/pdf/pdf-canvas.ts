import PDFDocument from 'pdfkit';
import type { TextMeasure } from '../chart/scene.ts';
import { cleanText } from '../fonts/clean-text.ts';
import type { FontBook } from '../fonts/font-book.ts';
import type { Weight } from '../fonts/font-files.ts';
import { fitText, wrapText } from '../fonts/line-breaks.ts';
import { type TextRun, textRuns } from '../fonts/text-runs.ts';
import { PAGE } from './pdf-style.ts';

export interface TextStyle {
  readonly size: number;
  readonly color: string;
  /** Default `regular`. */
  readonly weight?: Weight;
  /** Which point of the text `x` is; default `start`. */
  readonly anchor?: 'start' | 'middle' | 'end';
}

/** A line of text, shaped: its width is that at size 1. */
interface ShapedLine {
  readonly runs: readonly (TextRun & { readonly width: number })[];
  readonly width: number;
}

/** Document-wide facts of a PDF. */
export interface PdfInfo {
  readonly title: string;
  readonly subject: string;
  readonly createdAt: Date;
}

const MOST_CACHED_LINES = 20_000;
/** Given to PDFKit where a run must be shaped as a whole instead of word by word. */
const WHOLE_RUN: [] = [];

/** Draws text in any script and simple shapes on the pages of one PDF; y grows downwards, in points. */
export class PdfCanvas {
  readonly doc: PDFKit.PDFDocument;
  readonly #book: FontBook;
  readonly #lines = new Map<string, ShapedLine>();

  constructor(book: FontBook, info: PdfInfo) {
    this.#book = book;
    this.doc = new PDFDocument({
      autoFirstPage: false,
      bufferPages: true,
      pdfVersion: '1.7',
      tagged: true,
      lang: 'en',
      displayTitle: true,
      font: '',
      size: [PAGE.short, PAGE.long],
      margin: 0,
      info: {
        Title: info.title,
        Subject: info.subject,
        Creator: 'Jobline',
        Producer: 'Jobline',
        CreationDate: info.createdAt,
        ModDate: info.createdAt,
      },
    });
  }

  /** Width of a cleaned text. */
  widthOf(text: string, size: number, weight: Weight = 'regular'): number {
    return this.#shape(text, weight).width * size;
  }

  /** Draws one line; `y` is its baseline. Returns the width. */
  text(text: string, x: number, y: number, style: TextStyle): number {
    const line = this.#shape(text, style.weight ?? 'regular');
    const width = line.width * style.size;
    let at = style.anchor === 'end' ? x - width : style.anchor === 'middle' ? x - width / 2 : x;
    this.doc.fillColor(style.color);
    for (const run of line.runs) {
      this.#use(run, style.size);
      this.doc.text(run.text, at, y, { lineBreak: false, baseline: 'alphabetic', ...(run.isShaped ? { features: WHOLE_RUN } : {}) });
      at += run.width * style.size;
    }
    return width;
  }

  /** The text on one line, cut with an ellipsis where it is too wide. */
  fit(text: string, maxWidth: number, size: number, weight: Weight = 'regular'): string {
    return fitText(cleanText(text), (part) => this.widthOf(part, size, weight), maxWidth);
  }

  wrap(text: string, maxWidth: number, size: number, weight: Weight = 'regular', maxLines?: number): readonly string[] {
    return wrapText(cleanText(text), (part) => this.widthOf(part, size, weight), maxWidth, maxLines);
  }

  /** For charts. */
  readonly measure: TextMeasure = {
    widthOf: (text, size) => this.widthOf(cleanText(text), size),
    fit: (text, size, maxWidth) => this.fit(text, maxWidth, size),
  };

  rect(x: number, y: number, width: number, height: number, color: string): void {
    this.doc.rect(x, y, width, height).fill(color);
  }

  line(points: readonly (readonly [number, number])[], color: string, width = 0.5, isDashed = false): void {
    for (const [index, [x, y]] of points.entries()) index === 0 ? this.doc.moveTo(x, y) : this.doc.lineTo(x, y);
    if (isDashed) this.doc.dash(2.5, { space: 1.8 });
    this.doc.lineWidth(width).strokeColor(color).stroke();
    if (isDashed) this.doc.undash();
  }

  #shape(text: string, weight: Weight): ShapedLine {
    const key = `${weight}${text}`;
    const known = this.#lines.get(key);
    if (known) return known;
    const runs = textRuns(text, this.#book, weight).map((run) => ({ ...run, width: this.#runWidth(run) }));
    const line = { runs, width: runs.reduce((sum, run) => sum + run.width, 0) };
    if (this.#lines.size >= MOST_CACHED_LINES) this.#lines.clear();
    this.#lines.set(key, line);
    return line;
  }

  #runWidth(run: TextRun): number {
    this.#use(run, 1);
    return this.doc.widthOfString(run.text, run.isShaped ? { features: WHOLE_RUN } : {});
  }

  #use({ font }: TextRun, size: number): void {
    // PDFKit takes an opened font as well as the bytes of one; its types say only the latter.
    this.doc.font(font.font as unknown as Buffer, font.key).fontSize(size);
  }
}

import { escapeHtml } from '../html/escape.ts';
import type { LineMark, RectMark, Scene, TextMark, TextMeasure } from './scene.ts';

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;
const NARROW = /[fijlrtI.,:;'|!()[\] ]/;

function emsOf(character: string): number {
  if (WIDE.test(character) || character.length > 1) return 1;
  if (NARROW.test(character)) return 0.4;
  return /[A-Z@MWmw%]/.test(character) ? 0.8 : 0.63;
}

/** Widths for a page whose font is not known: a little too wide rather than too narrow. */
export const approximateText: TextMeasure = {
  widthOf: (text, size) => [...text].reduce((sum, character) => sum + emsOf(character), 0) * size,
  fit(text, size, maxWidth) {
    if (this.widthOf(text, size) <= maxWidth) return text;
    let [kept, width] = ['', size];
    for (const character of text) {
      width += emsOf(character) * size;
      if (width > maxWidth) break;
      kept += character;
    }
    return `${kept}…`;
  },
};

const round = (value: number) => String(Math.round(value * 100) / 100);

function rectSvg({ x, y, width, height, ink, hint }: RectMark): string {
  const box = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" class="${ink}"`;
  return hint === undefined ? `<rect ${box}/>` : `<rect ${box}><title>${escapeHtml(hint)}</title></rect>`;
}

function lineSvg({ points, ink, width, isDashed }: LineMark): string {
  const path = points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ');
  return `<polyline points="${path}" class="line-${ink}" stroke-width="${width}"${isDashed ? ' stroke-dasharray="3 2"' : ''}/>`;
}

function textSvg({ x, y, text, size, anchor, ink }: TextMark): string {
  const at = `x="${round(x)}" y="${round(y)}" font-size="${size}" text-anchor="${anchor}" class="${ink}"`;
  return `<text ${at}>${escapeHtml(text)}</text>`;
}

/** A scene as an inline SVG element; colours come from the page's classes, so that it follows its theme. */
export function sceneSvg({ width, height, marks, alt }: Scene, className = 'chart'): string {
  const role = alt === '' ? 'aria-hidden="true"' : `role="img" aria-label="${escapeHtml(alt)}"`;
  const body = marks.map((mark) => (mark.kind === 'rect' ? rectSvg(mark) : mark.kind === 'line' ? lineSvg(mark) : textSvg(mark)));
  return `<svg class="${className}" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" ${role}>${body.join('')}</svg>`;
}

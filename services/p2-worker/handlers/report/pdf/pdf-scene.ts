import type { Scene } from '../chart/scene.ts';
import { cleanText } from '../fonts/clean-text.ts';
import type { PdfCanvas } from './pdf-canvas.ts';
import { INK_COLORS } from './pdf-style.ts';

/** Draws a scene with its upper left corner at x, y. */
export function drawScene(canvas: PdfCanvas, scene: Scene, x: number, y: number): void {
  for (const mark of scene.marks) {
    const color = INK_COLORS[mark.ink];
    if (mark.kind === 'rect') canvas.rect(x + mark.x, y + mark.y, mark.width, mark.height, color);
    else if (mark.kind === 'line')
      canvas.line(
        mark.points.map(([px, py]) => [x + px, y + py] as const),
        color,
        mark.width,
        mark.isDashed,
      );
    else canvas.text(cleanText(mark.text), x + mark.x, y + mark.y, { size: mark.size, color, anchor: mark.anchor });
  }
}

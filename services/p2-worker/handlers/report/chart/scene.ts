/** What a mark means; each renderer has its own colours for them. */
export type Ink = 'bar' | 'soft-bar' | 'axis' | 'grid' | 'text' | 'soft-text' | 'accent';

export interface RectMark {
  readonly kind: 'rect';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly ink: Ink;
  /** Shown on pointing at it, where the medium can. */
  readonly hint?: string;
}

export interface LineMark {
  readonly kind: 'line';
  /** x, y pairs. */
  readonly points: readonly (readonly [number, number])[];
  readonly ink: Ink;
  readonly width: number;
  readonly isDashed?: boolean;
}

export interface TextMark {
  readonly kind: 'text';
  readonly x: number;
  /** Baseline. */
  readonly y: number;
  readonly text: string;
  readonly size: number;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly ink: Ink;
}

/** A drawing in points, y downwards, that any renderer can put on its medium. */
export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly marks: readonly (RectMark | LineMark | TextMark)[];
  /** The drawing in words. */
  readonly alt: string;
}

/** How wide texts are on the medium. */
export interface TextMeasure {
  widthOf(text: string, size: number): number;
  /** The text, cut with an ellipsis where it is wider than `maxWidth`. */
  fit(text: string, size: number, maxWidth: number): string;
}

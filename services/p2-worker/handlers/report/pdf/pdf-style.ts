import type { Ink } from '../chart/scene.ts';

/** Colours of the PDF. */
export const COLORS = {
  ink: '#1c2733',
  soft: '#5a6876',
  faint: '#74808c',
  rule: '#d5dce3',
  hair: '#e6eaee',
  fill: '#f3f6f8',
  accent: '#1d5d8c',
  bar: '#4a86b0',
  softBar: '#9dbdd3',
  warning: '#8a5a00',
  warningFill: '#fdf5e3',
  mark: '#b3541e',
} as const;

export const INK_COLORS: Readonly<Record<Ink, string>> = {
  bar: COLORS.bar,
  'soft-bar': COLORS.softBar,
  axis: COLORS.faint,
  grid: COLORS.hair,
  text: COLORS.ink,
  'soft-text': COLORS.soft,
  accent: COLORS.mark,
};

/** A4, points. */
export const PAGE = { short: 595.28, long: 841.89, side: 48, top: 56, bottom: 54 } as const;

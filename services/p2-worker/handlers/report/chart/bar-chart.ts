import type { Scene, TextMark, TextMeasure } from './scene.ts';

/** One horizontal bar. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** The value as shown at the end of the bar. */
  readonly text: string;
}

export interface BarFrame {
  readonly width: number;
  readonly text: TextMeasure;
  readonly fontSize: number;
  /** Largest share of the width that the labels may take, 0..1. */
  readonly labelShare: number;
}

const GAP = 6;

interface Columns {
  readonly labels: number;
  readonly values: number;
}

function columnsOf(bars: readonly Bar[], { width, text, fontSize, labelShare }: BarFrame): Columns {
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map((one) => text.widthOf(one, fontSize)));
  return {
    // A hair more than the widest label, which must not be cut for a rounding error.
    labels: Math.min(widest(bars.map((bar) => bar.label)) + 0.5, width * labelShare) + GAP,
    values: widest(bars.map((bar) => bar.text)) + GAP,
  };
}

/** Height of the chart of so many bars. */
export function barChartHeight(bars: number, fontSize: number): number {
  return bars * fontSize * 1.75;
}

/** Horizontal bars from a common zero line, in the order given; negative ones go to the left. */
export function barChart(bars: readonly Bar[], frame: BarFrame, alt: string): Scene {
  const { width, text, fontSize } = frame;
  const columns = columnsOf(bars, frame);
  const lowest = Math.min(0, ...bars.map((bar) => bar.value));
  const highest = Math.max(0, ...bars.map((bar) => bar.value));
  const left = columns.labels + (lowest < 0 ? columns.values : 0);
  const scale = Math.max(1, width - left - columns.values) / (highest - lowest || 1);
  const zero = left - lowest * scale;
  const step = fontSize * 1.75;
  const marks = bars.flatMap((bar, index) => {
    const middle = (index + 0.5) * step;
    const length = Math.max(Math.abs(bar.value) * scale, bar.value === 0 ? 0 : 0.5);
    const isBelow = bar.value < 0;
    const y = middle + fontSize * 0.35;
    const label: TextMark = {
      kind: 'text',
      x: columns.labels - GAP,
      y,
      text: text.fit(bar.label, fontSize, columns.labels - GAP),
      size: fontSize,
      anchor: 'end',
      ink: 'text',
    };
    const end = isBelow ? zero - length - 3 : zero + length + 3;
    const value: TextMark = {
      kind: 'text',
      x: end,
      y,
      text: bar.text,
      size: fontSize,
      anchor: isBelow ? 'end' : 'start',
      ink: 'soft-text',
    };
    const rect = {
      kind: 'rect',
      x: isBelow ? zero - length : zero,
      y: middle - step * 0.32,
      width: length,
      height: step * 0.64,
      ink: 'bar',
      hint: `${bar.label}: ${bar.text}`,
    } as const;
    return [label, rect, value];
  });
  const height = barChartHeight(bars.length, fontSize);
  return {
    width,
    height,
    marks: [
      ...marks,
      {
        kind: 'line',
        points: [
          [zero, 0],
          [zero, height],
        ],
        ink: 'axis',
        width: 0.5,
      },
    ],
    alt,
  };
}

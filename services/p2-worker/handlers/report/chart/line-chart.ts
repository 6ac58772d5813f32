import type { ChartFrame } from './histogram-chart.ts';
import type { LineMark, Scene, TextMark } from './scene.ts';
import { niceTicks, tickText, timeTicks } from './ticks.ts';

/** One point of a line, in the order of time. */
export interface LinePoint {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly value: number;
}

function timeLabels(points: readonly LinePoint[], frame: ChartFrame, x: (at: number) => number): TextMark[] {
  return timeTicks(points[0]!.at, points.at(-1)!.at).map(({ at, label }) => {
    const half = frame.text.widthOf(label, frame.fontSize) / 2;
    const middle = Math.min(Math.max(x(at), half), frame.width - half);
    return { kind: 'text', x: middle, y: frame.height - 2, text: label, size: frame.fontSize, anchor: 'middle', ink: 'soft-text' } as const;
  });
}

/** A line over time; the value axis holds all values and starts at zero where that costs little room. */
export function lineChart(points: readonly LinePoint[], frame: ChartFrame, alt: string): Scene {
  const values = points.map((point) => point.value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const ticks = niceTicks(least > 0 && least < most * 0.6 ? 0 : least - (most - least) * 0.08, most + (most - least) * 0.08 || most + 1, 4);
  const [low, high] = [Math.min(least, ticks[0]!), Math.max(most, ticks.at(-1)!)];
  const left = Math.max(...ticks.map((tick) => frame.text.widthOf(tickText(tick), frame.fontSize))) + 6;
  const [top, bottom, right] = [frame.fontSize, frame.height - frame.fontSize * 1.9, frame.width - 6];
  const span = points.at(-1)!.at - points[0]!.at || 1;
  const x = (at: number) => left + ((at - points[0]!.at) / span) * (right - left);
  const y = (value: number) => bottom - ((value - low) / (high - low || 1)) * (bottom - top);
  const grid = ticks.flatMap((tick): (LineMark | TextMark)[] => [
    {
      kind: 'line',
      points: [
        [left, y(tick)],
        [right, y(tick)],
      ],
      ink: tick === 0 ? 'axis' : 'grid',
      width: 0.5,
    },
    {
      kind: 'text',
      x: left - 4,
      y: y(tick) + frame.fontSize * 0.35,
      text: tickText(tick),
      size: frame.fontSize,
      anchor: 'end',
      ink: 'soft-text',
    },
  ]);
  const line: LineMark = { kind: 'line', points: points.map(({ at, value }) => [x(at), y(value)] as const), ink: 'bar', width: 1.4 };
  return { width: frame.width, height: frame.height, marks: [...grid, line, ...timeLabels(points, frame, x)], alt };
}

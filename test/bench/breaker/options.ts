import { parseArgs } from 'node:util';
import { whole } from '../suite/option-values.ts';

/** How the benchmark is called. */
export const USAGE = `npm run bench:breaker -- [option ...]

Submits jobs of type http at a steady rate to the released services on servers of their own, while the endpoint that they need is well, then
down, then well again. Holds the records against the breaker's threshold: attempts charged while it was down, requests that reached it, when the
first job was done after it was well, and when all were.

--seconds <n>     how long it is down (120), from 5 to 3600
--rate <n>        jobs a second (20), from 1 to 500
--mood <name>     failing (500), hanging, limiting (429) or gone (failing)
--workers <n>     worker processes of Process 1 (2), 1 to 8
--help            this`;

const MOODS = ['failing', 'hanging', 'limiting', 'gone'] as const;

export interface BreakerOptions {
  readonly seconds: number;
  readonly rate: number;
  readonly mood: (typeof MOODS)[number];
  readonly workers: number;
  readonly isHelp: boolean;
}

function between(least: number, most: number, name: string, text: string): number {
  const value = whole(name, text, least);
  if (value > most) throw new Error(`--${name} is ${text}; it must be a whole number from ${least} to ${most}.`);
  return value;
}

/** @throws Error saying which option is wrong, and what is allowed. */
export function parseOptions(args: readonly string[]): BreakerOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '120' },
      rate: { type: 'string', default: '20' },
      mood: { type: 'string', default: 'failing' },
      workers: { type: 'string', default: '2' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const mood = MOODS.find((one) => one === values.mood);
  if (!mood) throw new Error(`--mood is ${values.mood}; it must be one of ${MOODS.join(', ')}.`);
  return {
    seconds: between(5, 3_600, 'seconds', values.seconds),
    rate: between(1, 500, 'rate', values.rate),
    workers: between(1, 8, 'workers', values.workers),
    mood,
    isHelp: values.help,
  };
}

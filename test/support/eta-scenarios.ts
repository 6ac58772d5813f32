import type { EtaScenario } from './eta-simulation.ts';

const minutes = (second: number) => second / 60;
const two = [
  { median: 4, sigma: 0.5 },
  { median: 2, sigma: 0.5 },
] as const;
/** A job of these two stages keeps 4.5 handlers of the first and 2.3 of the second busy a second. */
const slots = (stage: number) => (stage === 0 ? 6 : 4);

/** Loads that the predictions are held against (docs/http.md). */
export const ETA_SCENARIOS: readonly EtaScenario[] = [
  { name: 'steady, 75 % of what can be worked', hours: 3, rate: () => 1, slots, work: two },
  { name: 'idle: a job each half minute', hours: 12, rate: () => 1 / 30, slots, work: two },
  { name: 'wide spread of the work (sigma 1.2)', hours: 3, rate: () => 0.5, slots, work: two.map((one) => ({ ...one, sigma: 1.2 })) },
  {
    name: 'bursts of 1,000 each half hour over a steady load',
    hours: 4,
    rate: () => 0.5,
    bursts: [1, 2, 3, 4, 5, 6, 7].map((half) => ({ second: half * 1_800, jobs: 1_000 })),
    slots,
    work: two,
  },
  {
    name: 'load in waves: 40 % and 130 %, ten minutes each',
    hours: 4,
    rate: (second) => (Math.floor(minutes(second) / 10) % 2 === 0 ? 0.53 : 1.73),
    slots,
    work: two,
  },
  {
    name: 'half the workers gone for half an hour, twice',
    hours: 4,
    rate: () => 0.8,
    slots: (stage, second) => (Math.floor(minutes(second) / 30) % 4 === 2 ? slots(stage) / 2 : slots(stage)),
    work: two,
  },
  { name: 'the second stage is the bottleneck', hours: 3, rate: () => 0.8, slots: (stage) => (stage === 0 ? 8 : 2), work: two },
];

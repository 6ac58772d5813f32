import type { Verdict } from '../report/verdicts.ts';
import { memoryTrend } from '../suite/memory-trend.ts';
import type { MemorySeries } from '../suite/memory-watch.ts';
import type { MemoryEvidence } from './measure.ts';

/** Service → what it has to stay below, MB (issue 6); others have to be flat only. */
const MOST_MB: Readonly<Record<string, number>> = { gateway: 200, 'p1-worker': 250, 'p2-worker': 250 };
const MET_PACE = 0.95;

const mb = (value: number) => `${value.toFixed(0)} MB`;

function memoryVerdicts(memory: MemorySeries): readonly Verdict[] {
  return Object.entries(memory).flatMap(([service, samples]): Verdict[] => {
    const trend = memoryTrend(samples);
    if (!trend) return [{ what: `Memory of ${service}`, is: `${samples.length} samples`, bar: 'enough to say something', isMet: false }];
    const { firstMb, lastMb, peakMb, allowedMb, isFlat } = trend;
    const flat = `${mb(firstMb)}, then ${mb(lastMb)}`;
    const most = MOST_MB[service];
    return [
      ...(most === undefined ? [] : [{ what: `Memory of ${service}, peak`, is: mb(peakMb), bar: `< ${mb(most)}`, isMet: peakMb < most }]),
      { what: `Memory of ${service}, first and last third`, is: flat, bar: `grows by at most ${mb(allowedMb)}`, isMet: isFlat },
    ];
  });
}

/** Holds what was seen against its bars. */
export function judge({ memory, verification, jobs, seconds, perSecond }: MemoryEvidence): readonly Verdict[] {
  const { submitted, lost, doubled, examples } = verification;
  const wrong = examples[0] ? `, the first: ${examples[0]}` : '';
  const carried = jobs / seconds;
  return [
    ...memoryVerdicts(memory),
    { what: 'Jobs that were lost or done twice', is: `${lost + doubled} of ${submitted}${wrong}`, bar: '0', isMet: lost + doubled === 0 },
    {
      what: 'The load was kept up',
      is: `${carried.toFixed(0)} jobs/s`,
      bar: `≥ ${(perSecond * MET_PACE).toFixed(0)} jobs/s`,
      isMet: carried >= perSecond * MET_PACE,
    },
  ];
}

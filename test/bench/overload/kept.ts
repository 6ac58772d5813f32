import type { Executions } from '../suite/execution-log.ts';
import { STAGES } from '../suite/verify.ts';
import type { Answer } from './answers.ts';
import type { TruthRecord } from './record-truth.ts';

/** What became of the accepted jobs. */
export interface Kept {
  readonly accepted: number;
  /** Accepted, and not COMPLETED at the end. */
  readonly lost: number;
  /** Jobs of which a stage was executed or committed twice, and records that no answer named. */
  readonly doubled: number;
  /** The first few of what is wrong, as sentences. */
  readonly examples: readonly string[];
}

const EXAMPLES = 5;

/** Holds every accepted job against its record and the executions of its stages. @param others jobs that are there beside: the warm-up */
export function keptOf(answers: readonly Answer[], records: readonly TruthRecord[], executions: Executions, others: number): Kept {
  const accepted = answers.flatMap(({ n, reading }) => (reading.kind === 'accepted' ? [{ n, id: reading.jobId }] : []));
  const byId = new Map(records.map((record) => [record.id, record]));
  const examples: string[] = [];
  let [lost, doubled] = [0, 0];
  for (const { n, id } of accepted) {
    const record = byId.get(id);
    const runs = STAGES.map((stage) => executions.get(stage)?.get(n) ?? 0);
    const isLost = record?.state !== 'COMPLETED' || runs.includes(0);
    const isDoubled = runs.some((count) => count > 1) || (record?.results.length ?? 0) > STAGES.length;
    if (isLost) lost += 1;
    if (isDoubled) doubled += 1;
    if (isLost || isDoubled) examples.push(`job ${n} (${id}): ${record?.state ?? 'not there'}, stages ran ${runs.join(' and ')} times`);
  }
  const unknown = records.length - others - new Set(accepted.map(({ id }) => id)).size;
  if (unknown !== 0) examples.push(`${unknown} records more than answers with 202`);
  return { accepted: accepted.length, lost, doubled: doubled + Math.max(unknown, 0), examples: examples.slice(0, EXAMPLES) };
}

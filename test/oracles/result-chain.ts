import type { JobRecord } from '../../shared/domain/job.ts';
import type { Violation } from './history-observer.ts';

/** What a stage's handler wrote, and what it says it read of the stage before. */
export interface ChainLink {
  readonly jobId: string;
  readonly stage: number;
  readonly claim: string;
  /** SHA-256 of what this stage wrote, hex, as stored. */
  readonly sha256: string;
  /** SHA-256 of what the stage before wrote, hex, as this stage's handler read it; absent in the first. */
  readonly previous?: string;
}

/** Each stage read exactly what the committed claim of the stage before wrote: no result is of a claim that did not win. */
export function checkResultChain(records: readonly JobRecord[], links: readonly ChainLink[]): readonly Violation[] {
  const keyOf = (jobId: string, stage: number, claim: string): string => `${jobId}/${stage}/${claim}`;
  const byClaim = new Map(links.map((link) => [keyOf(link.jobId, link.stage, link.claim), link]));
  return records.flatMap(({ id, results }) => {
    const committed = results.map(({ stage, claim }) => byClaim.get(keyOf(id, stage, claim)));
    return committed.flatMap((link, index): Violation[] => {
      const broken = (detail: string): Violation[] => [
        { rule: 'chain: each stage reads the result committed before it', jobId: id, detail },
      ];
      if (!link) return broken(`the committed output of stage ${index} is missing`);
      const before = committed[index - 1]?.sha256;
      return link.previous === before ? [] : broken(`stage ${index} read ${link.previous}, committed was ${before}`);
    });
  });
}

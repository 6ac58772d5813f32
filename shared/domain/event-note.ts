import type { Bell, JobRecord } from './job.ts';

/**
 * The terminal events of a batch, owed together (docs/protocol.md, T12): stored before the batch is committed, for all jobs that the
 * commit may end, so that no end needs a debt of its own.
 */
export interface EventNote {
  /** The claim under which the batch is committed. */
  readonly id: string;
  /** Each with the generation that the commit would find. */
  readonly jobs: readonly Bell[];
}

/** `open`: the commit may come yet. `owed`: it has come, and its event is to be told. `none`: nothing is owed here, nor will be. */
export type NotedEnd = 'open' | 'owed' | 'none';

/**
 * What a note owes for one of its jobs. A commit that is noted asks for the note's generation, and each write that ends or frees a job
 * raises it: at a later one it has come or never will. Whose it was, the claim in the record's last result tells.
 * @param record as a majority has it; undefined: it is gone for good.
 */
export function judgeNoted(claim: string, gen: number, record: Pick<JobRecord, 'gen' | 'state' | 'results' | 'evt'> | undefined): NotedEnd {
  if (!record) return 'none';
  if (record.gen <= gen) return 'open';
  const isOwn = record.state === 'COMPLETED' && record.results.at(-1)?.claim === claim;
  // The batch may have been committed in the other form: then the record owes its event itself.
  return isOwn && record.evt?.due === undefined ? 'owed' : 'none';
}

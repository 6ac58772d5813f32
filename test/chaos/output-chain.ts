import type { JobRecord } from '../../shared/domain/job.ts';
import { COLLECTIONS, type OutputDocument } from '../../shared/mongo/collections.ts';
import type { Violation } from '../oracles/history-observer.ts';
import { type ChainLink, checkResultChain } from '../oracles/result-chain.ts';
import type { TierBWorld } from './tier-b-world.ts';

/** Inline handlers are given no files: they cannot say what they read. */
const WITH_FILES = ['three-thread', 'three-process', 'three-poison'];

/** Checks that each stage read what the committed claim of the stage before wrote. */
export async function chainOf({ client, jobs }: TierBWorld, records: readonly JobRecord[]): Promise<readonly Violation[]> {
  const chained = records.filter(({ type }) => WITH_FILES.includes(type));
  const outputs = client.db(jobs.dbName).collection<OutputDocument>(COLLECTIONS.outputs);
  const links: ChainLink[] = [];
  for await (const { jobId, stage, claim, files, summary } of outputs.find({ jobId: { $in: chained.map(({ id }) => id) } })) {
    const { previous } = JSON.parse(summary ?? '{}') as { previous?: string };
    links.push({ jobId, stage, claim, sha256: files[0]?.sha256 ?? '', ...(previous !== undefined && { previous }) });
  }
  return checkResultChain(chained, links);
}

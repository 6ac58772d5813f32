import type { JobRecord } from '../domain/job.ts';
import { type BrokenRule, brokenRules } from '../domain/record-rules.ts';
import type { ScannedJob } from '../ports/job-store.ts';
import type { BellEvidence } from './fsck-bells.ts';
import type { FsckDeps } from './fsck-deps.ts';
import type { LetterBook } from './fsck-letters.ts';
import { findMissingOutputs } from './fsck-outputs.ts';

/** What a look compares records with. */
export interface Evidence {
  readonly bells: BellEvidence;
  readonly letters: LetterBook;
}

/** A record with what is wrong with it. */
export interface Judged {
  readonly record: JobRecord;
  readonly rules: readonly BrokenRule[];
}

/** Judges records by themselves, and against queues, dead letters and stored bytes. @returns those with something wrong. */
export async function judgeJobs(deps: FsckDeps, evidence: Evidence, jobs: readonly ScannedJob[]): Promise<readonly Judged[]> {
  const now = await deps.store.serverTime();
  const outputs = await findMissingOutputs(deps, jobs);
  return jobs.flatMap(({ record, hasPayload }) => {
    const rules = [
      ...brokenRules(record, now),
      ...bellRules(evidence, record),
      ...letterRules(deps, evidence, record),
      ...(hasPayload || record.removed?.payload
        ? []
        : [{ category: 'missing_data', rule: 'payload_missing', detail: 'its input is not stored' } as const]),
      ...missingOutput(outputs.get(record.id)),
    ];
    return rules.length > 0 ? [{ record, rules }] : [];
  });
}

function bellRules({ bells }: Evidence, record: JobRecord): readonly BrokenRule[] {
  const detail = bells.lossOf(record);
  return detail === undefined ? [] : [{ category: 'lost', rule: 'bell_lost', detail }];
}

function letterRules({ pipelines }: FsckDeps, { letters }: Evidence, record: JobRecord): readonly BrokenRule[] {
  const { state, pub } = record;
  const stageName = pipelines.stageAt(record)?.name;
  if (state !== 'FAILED' || pub?.to !== undefined || stageName === undefined || !letters.isMissing(record, stageName)) return [];
  return [{ category: 'lost', rule: 'dead_letter_lost', detail: `its dead letter is neither owed nor in jobline.${stageName}.dlq` }];
}

function missingOutput(detail: string | undefined): readonly BrokenRule[] {
  return detail === undefined ? [] : [{ category: 'missing_data', rule: 'output_missing', detail }];
}

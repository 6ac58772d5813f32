import { type JobRecord, SCHEMA_VERSION } from './job.ts';
import type { Pipelines } from './pipeline.ts';

/** True for a record that this release can read: one of a later release may mean something else by the same fields. */
export function isReadable({ schemaVersion }: Pick<JobRecord, 'schemaVersion'>): boolean {
  return schemaVersion <= SCHEMA_VERSION;
}

/** Why a process cannot work a job: one sentence, for the job's log. */
export function whyNotHere(pipelines: Pipelines, record: Pick<JobRecord, 'schemaVersion' | 'type' | 'pipelineVersion' | 'stage'>): string {
  const { type, pipelineVersion: version, stage } = record;
  if (!isReadable(record))
    return `The record has schema version ${record.schemaVersion}; the release of this worker reads up to ${SCHEMA_VERSION}.`;
  if (!pipelines.has(type)) return `This worker does not know the job type ${type}.`;
  if (!pipelines.has(type, version))
    return `This worker knows version ${pipelines.versionsOf(type).join(' and ')} of ${type}, the job is of version ${version}.`;
  return `This worker has no handler for stage ${stage + 1} of ${type}, version ${version}.`;
}

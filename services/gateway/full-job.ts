import type { JobRecord } from '../../shared/domain/job.ts';
import { jobResource, outputView, shownStatus, userOutputs, type ViewDeps } from './job-view.ts';

/** The job in full, with the files that it made once it is completed. */
export async function fullJob(deps: ViewDeps, record: JobRecord, now: Date): Promise<Readonly<Record<string, unknown>>> {
  const status = await shownStatus(deps, record, now);
  const outputs = record.state === 'COMPLETED' ? await userOutputs(deps, record) : undefined;
  return {
    ...jobResource(deps.pipelines, record, status),
    ...(outputs && { outputs: outputs.map((output) => outputView(record.id, output, outputs)) }),
  };
}

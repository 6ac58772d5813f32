import type { Violation } from '../oracles/history-observer.ts';
import { runFsck } from '../support/run-fsck.ts';
import type { TestSystem } from '../support/test-system.ts';
import { FORGED_TAG } from './faults/broker-faults.ts';

const UNKNOWN_TAG = 'unknown delivery tag';
const FSCK_WITHIN_MS = 300_000;
const SHOWN = 5;

/** What a system at rest says of itself. */
export async function closingProblems(system: TestSystem): Promise<readonly Violation[]> {
  return [...wrongAcknowledgements(system), ...(await fsckProblems(system))];
}

/** What `jobline fsck` says: it has to find nothing, and to have looked at everything. */
async function fsckProblems({ system }: TestSystem): Promise<readonly Violation[]> {
  try {
    const { clean, findings, summary, unchecked } = await runFsck(system.admin, { withinMs: FSCK_WITHIN_MS });
    if (clean) return [];
    const errors = findings.filter(({ level }) => level === 'error').slice(0, SHOWN);
    return [
      { rule: 'fsck: finds nothing', jobId: '', detail: [summary, ...unchecked].join('; ') },
      ...errors.map(({ rule, job_id, detail }) => ({ rule: `fsck: ${rule}`, jobId: job_id ?? '', detail })),
    ];
  } catch (error) {
    return [{ rule: 'fsck: can be run', jobId: '', detail: (error as Error).message }];
  }
}

/** Acknowledgements that the broker took for nonsense: of a message of another channel, or one that was acknowledged before. */
function wrongAcknowledgements({ logs }: TestSystem): readonly Violation[] {
  const rule = 'acks: each message once, on its own channel';
  const isWrong = ({ line }: { readonly line: string }) => line.includes(UNKNOWN_TAG) && !line.includes(`${UNKNOWN_TAG} ${FORGED_TAG}`);
  return logs.filter(isWrong).map(({ line }) => ({ rule, jobId: '', detail: line }));
}

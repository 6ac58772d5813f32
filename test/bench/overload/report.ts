import { verdictTable } from '../report/verdicts.ts';
import type { OverloadResult } from './result.ts';

/** The result as a page. */
export function overloadPage(result: OverloadResult, picture: string): string {
  const { startedAt, revision, machine, options, drain, perSecond, maxWaitingJobs, figures, verdicts } = result;
  const { seconds, factor, handlerMs } = options;
  const rows = Object.entries(figures).map(([what, is]) => `| ${what} | ${is} |`);
  const method = [
    `Worked off without other load: ${drain.perSecond.toFixed(1)} jobs/s. Submitted at ${factor} times that (${perSecond.toFixed(0)}/s) for ${seconds} s, `,
    'one POST a job over keep-alive connections, whatever became of those before; whoever is refused comes back exactly when it was told, while the ',
    `load goes on in place of a new submission. Two stages in worker threads that take ${handlerMs} ms each; one job in a hundred fails once. `,
    `Default configuration but MAX_WAITING_JOBS=${maxWaitingJobs}, so that ${seconds} s reach it, and the bounds of one client, since all come from one address.`,
  ].join('');
  const place = `${startedAt}, revision ${revision}. ${machine.cores} cores (${machine.processor}), ${machine.memoryGb} GiB, Node ${machine.node}; load before: ${machine.loadBefore.toFixed(2)}.`;
  return [
    '# Overload',
    method,
    place,
    `![The run](${picture})`,
    verdictTable(verdicts),
    ['| beside | |', '| --- | --- |', ...rows].join('\n'),
    '',
  ].join('\n\n');
}

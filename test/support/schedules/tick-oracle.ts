import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../../../shared/runtime/project-root.ts';

/** What the oracle is asked: the ticks of an expression in (from, until]. */
export interface OracleCase {
  readonly expression: string;
  readonly zone: string;
  readonly from: Date;
  readonly until: Date;
}

const SCRIPT = join('test', 'support', 'schedules', 'tick-oracle.py');
const MOST_OUTPUT_BYTES = 100_000_000;

/** Ticks by Python's zoneinfo, which knows nothing of our code and of croner, a list a case. */
export function oracleTicks(cases: readonly OracleCase[]): Promise<readonly (readonly Date[])[]> {
  const seconds = (at: Date) => Math.floor(at.getTime() / 1_000);
  const input = cases.map(({ from, until, ...more }) => ({ ...more, from: seconds(from), until: seconds(until) }));
  return new Promise((resolve, reject) => {
    const child = execFile('python3', [join(projectRoot(), SCRIPT)], { maxBuffer: MOST_OUTPUT_BYTES }, (error, stdout) => {
      if (error) return reject(error);
      resolve((JSON.parse(stdout) as number[][]).map((ticks) => ticks.map((second) => new Date(second * 1_000))));
    });
    child.stdin!.end(JSON.stringify(input));
  });
}

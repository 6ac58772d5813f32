import { execFileSync } from 'node:child_process';
import { projectRoot } from '../../../shared/runtime/project-root.ts';

/** The commit that is measured, with `-dirty` when files differ from it. */
export function revision(): string {
  return execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=12'], { cwd: projectRoot(), encoding: 'utf8' }).trim();
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../shared/runtime/project-root.ts';

/** A pattern of a .dockerignore as a regular expression over paths; it covers what is below as well. */
function expressionOf(pattern: string): RegExp {
  const source = pattern
    .replace(/^\/|\/$/g, '')
    .split('/')
    .map((part) =>
      part === '**'
        ? '.*'
        : part
            .replace(/[.+^${}()|[\]\\]/g, '\\$&')
            .replaceAll('*', '[^/]*')
            .replaceAll('?', '[^/]'),
    )
    .join('/')
    .replaceAll('.*/', '(?:.*/)?');
  return new RegExp(`^${source}(?:/.*)?$`);
}

/** Whether Docker leaves a path out of the build context: the last line that matches decides, `!` takes back in. */
export function isDockerIgnored(ignoreText: string, path: string): boolean {
  const lines = ignoreText
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const last = lines.findLast((line) => expressionOf(line.replace(/^!/, '')).test(path));
  return last !== undefined && !last.startsWith('!');
}

/** Text of .dockerignore. */
export function dockerIgnoreText(): string {
  return readFileSync(join(projectRoot(), '.dockerignore'), 'utf8');
}

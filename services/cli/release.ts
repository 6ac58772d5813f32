import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Manifest {
  readonly name?: string;
  readonly version: string;
  readonly engines: { readonly node: string };
}

/** The package.json of this program, from sources and from `dist` alike. */
export function manifest(): Manifest {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    const found = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Manifest) : undefined;
    if (found?.name === 'jobline') return found;
    if (dirname(folder) === folder) throw new Error('No package.json of jobline above this program.');
  }
}

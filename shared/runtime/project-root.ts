import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Finds the folder of Jobline's own package.json, from sources and from the compiled `dist` alike.
 * @throws Error when no parent folder holds it.
 */
export function projectRoot(from: string = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'jobline') return folder;
    if (dirname(folder) === folder) throw new Error(`No package.json of jobline above ${from}`);
  }
}

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import type { Mutant } from './mutant.ts';

const SOURCES = ['services', 'shared', 'deploy', 'test', 'tsconfig.json', 'package.json', 'package-lock.json'];

/** @throws Error when the text of an edit does not stand in its file exactly once: the code has moved on, the mutant has not. */
export function mutated(source: string, mutant: Mutant, file: string): string {
  return mutant.edits
    .filter((edit) => edit.file === file)
    .reduce((text, { find, replace }) => {
      const count = text.split(find).length - 1;
      if (count !== 1)
        throw new Error(`Mutant ${mutant.name}: its text stands ${count} times in ${file}, not once: ${JSON.stringify(find)}`);
      return text.replace(find, () => replace);
    }, source);
}

/** Files that the mutant changes. */
export function filesOf(mutant: Mutant): readonly string[] {
  return [...new Set(mutant.edits.map(({ file }) => file))];
}

/** A copy of the sources inside the project's own folder, so that packages are found, in which one mutant at a time lives. */
export class MutantTree {
  /** Absolute. */
  readonly folder: string;
  /** What the mutant's files were: the project itself may be at work meanwhile. */
  readonly #originals = new Map<string, string>();

  constructor(name: string) {
    this.folder = join(projectRoot(), '.jobline', 'mutants', name);
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true });
    for (const source of SOURCES) cpSync(join(projectRoot(), source), join(this.folder, source), { recursive: true });
  }

  apply(mutant: Mutant): void {
    for (const file of filesOf(mutant)) {
      const path = join(this.folder, file);
      const original = readFileSync(path, 'utf8');
      this.#originals.set(path, original);
      writeFileSync(path, mutated(original, mutant, file));
    }
  }

  /** Undoes `apply`. */
  restore(): void {
    for (const [path, original] of this.#originals) writeFileSync(path, original);
    this.#originals.clear();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

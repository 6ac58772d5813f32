import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** @param {string} file */
export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * The first folder that holds an executable of this name: those of PATH, then the others given.
 * @param {string} name
 * @param {readonly string[]} [others]
 * @returns {string | undefined} path of the executable
 */
export function findExecutable(name, others = []) {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean), ...others];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

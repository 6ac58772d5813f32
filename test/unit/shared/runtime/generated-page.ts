import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../../../shared/runtime/project-root.ts';

/** Compares a page of docs/ with the text made from the tables. With WRITE_PAGES=1 it writes the page first. */
export function expectPage(name: string, text: string): void {
  const path = join(projectRoot(), 'docs', name);
  if (process.env['WRITE_PAGES'] === '1') writeFileSync(path, text);
  expect(readFileSync(path, 'utf8'), `docs/${name} is out of date: run this test with WRITE_PAGES=1`).to.equal(text);
}

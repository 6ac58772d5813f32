import { expect } from 'chai';
import type { TestSystem } from './test-system.ts';

const LINES = 5;

/** Names and process ids of the services that run now. */
export function processesOf({ system }: TestSystem): Readonly<Record<string, number>> {
  return Object.fromEntries(system.processes.map(({ name, pid }) => [name, pid]));
}

/** Every service still is the process that it was; of one that has ended, the end of its log is said. */
export function expectSameProcesses(system: TestSystem, before: Readonly<Record<string, number>>): void {
  const now = processesOf(system);
  const gone = Object.keys(before).filter((name) => now[name] !== before[name]);
  const lastWords = system.logs.filter(({ name }) => gone.includes(name)).slice(-LINES);
  expect(now, lastWords.map(({ name, line }) => `${name}: ${line}`).join('\n')).to.deep.equal(before);
}

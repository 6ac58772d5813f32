import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { localModule } from '../support/local-stack.ts';
import { TestSystem } from '../support/test-system.ts';

/** The blocks of the README that are marked as `sh`: what a reader copies into a terminal. */
function blocksOfReadme(): readonly string[] {
  const text = readFileSync(join(projectRoot(), 'README.md'), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!);
}

interface CurlFinder {
  curlEnvironment(log: (line: string) => void): Promise<Record<string, string>>;
}

describe('README', function () {
  this.timeout(180_000);
  let system: TestSystem;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'jobline-readme-'));
    system = await TestSystem.start();
  });

  after(async () => {
    await system?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('its walk with curl, pasted into bash: ends both jobs well and fetches their files', async () => {
    const [walk, ...others] = blocksOfReadme();
    expect(others).to.deep.equal([]);
    const { curlEnvironment } = await localModule<CurlFinder>('install/find-curl.mjs');
    const env = { PATH: process.env['PATH'] ?? '', ...(await curlEnvironment(() => {})), HOME: folder, API: system.system.api };
    const { stdout } = await promisify(execFile)('bash', ['--norc', '-euo', 'pipefail', '-c', walk!], {
      cwd: folder,
      env,
      timeout: 60_000,
    });
    const [first, outputs, second, timeline, ...rest] = stdout
      .trim()
      .split(/\n(?=\{)|(?<=\})(?=\{)/)
      .map((line) => JSON.parse(line));
    expect(rest).to.deep.equal([]);
    for (const { status, progress } of [first, second]) expect({ status, progress }).to.deep.equal({ status: 'COMPLETED', progress: 100 });
    expect(outputs.outputs.map(({ name }: { name: string }) => name)).to.include.members(['report.pdf', 'report.xlsx', 'report.html']);
    const events = timeline.events.map(({ event, stage }: { event: string; stage: string }) => `${event} ${stage}`);
    expect(events.slice(0, 2)).to.deep.equal(['created p1', 'started p1']);
    expect(events).to.include.members(['committed p1', 'started p2', 'committed p2']);
    expect(readdirSync(folder).toSorted()).to.include.members(['prices.csv', 'report.html', 'report.pdf']);
    expect(readFileSync(join(folder, 'report.pdf'), 'latin1').slice(0, 5)).to.equal('%PDF-');
    expect(readFileSync(join(folder, 'report.html'), 'utf8'))
      .to.match(/^<!doctype html>/i)
      .and.to.contain('Graz');
  });
});

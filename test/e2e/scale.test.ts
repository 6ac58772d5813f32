import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { eventually } from '../support/eventually.ts';
import { evidenceOf, problemsOf } from '../support/job-evidence.ts';
import { suiteServers, TestSystem } from '../support/test-system.ts';

const JOBS = 9;
const P1_MS = 800;

describe('Scaling', function () {
  this.timeout(120_000);

  it('P1 by three workers instead of one, each with one slot: at least twice the rate, P2 is left alone', async () => {
    const system = await TestSystem.start({ env: { WORKER_CONCURRENCY: '1' } });
    try {
      const [p1, p2] = [system.pidsOf('p1-worker'), system.pidsOf('p2-worker')];
      const one = await p1Rate(system);
      expect(one.pids.size).to.equal(1);
      await Promise.all([system.system.spawnService('p1-worker'), system.system.spawnService('p1-worker')]);
      const three = await p1Rate(system);
      expect(three.pids).to.deep.equal(new Set(system.pidsOf('p1-worker')));
      expect(three.pids.size).to.equal(3);
      expect(three.perSecond / one.perSecond).to.be.at.least(2);
      expect(system.pidsOf('p1-worker')).to.include.members([...p1]);
      expect(system.pidsOf('p2-worker')).to.deep.equal(p2);
    } finally {
      await system.stop();
    }
  });

  it('`npm start -- --scale p1-worker=3`: starts three p1-workers and one of each other service, and Ctrl-C ends them', async () => {
    const servers = await suiteServers();
    const folder = copyOfProject();
    const { child, output } = npmStart(folder, servers.env);
    try {
      await eventually('ready', () => output().includes('\nready\n') || child.exitCode !== null, 60_000);
      expect(child.exitCode, output()).to.equal(null);
      const { processes } = JSON.parse(readFileSync(join(folder, '.jobline/stack.json'), 'utf8')) as {
        processes: { service: string; pid: number }[];
      };
      expect(processes.map(({ service }) => service).toSorted()).to.deep.equal([
        'gateway',
        'p1-worker',
        'p1-worker',
        'p1-worker',
        'p2-worker',
        'scheduler',
      ]);
      expect(new Set(processes.map(({ pid }) => pid)).size).to.equal(processes.length);
      expect(processes.filter(({ pid }) => !isRunning(pid))).to.deep.equal([]);
      process.kill(-child.pid!, 'SIGINT');
      await eventually('the end', () => child.exitCode !== null || child.signalCode !== null, 40_000);
      expect(processes.filter(({ pid }) => isRunning(pid))).to.deep.equal([]);
    } finally {
      if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGTERM');
      await eventually('the launcher to be gone', () => child.exitCode !== null || child.signalCode !== null, 40_000);
      rmSync(folder, { recursive: true });
      await servers.drop();
    }
  });
});

/** Jobs a second that P1 works, and the workers that did. */
async function p1Rate(system: TestSystem): Promise<{ perSecond: number; pids: ReadonlySet<number> }> {
  const ids = await Promise.all(Array.from({ length: JOBS }, () => system.submit('wait', { waitMs: { p1: P1_MS } })));
  expect(await system.untilAllEnded(ids)).to.deep.equal({ COMPLETED: JOBS });
  const evidence = await evidenceOf(system, ids);
  expect(problemsOf(evidence)).to.deep.equal([]);
  const ofP1 = evidence.flatMap(({ effects }) => effects.filter(({ stage }) => stage === 'p1'));
  const times = ofP1.map(({ atMs }) => atMs);
  const seconds = (Math.max(...times) - Math.min(...times)) / 1_000;
  return { perSecond: JOBS / seconds, pids: new Set(ofP1.map(({ pid }) => pid)) };
}

/** start.mjs keeps its state in the project's folder: in a copy it meets no other system. */
function copyOfProject(): string {
  const root = projectRoot();
  const lockHash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  // Otherwise start.mjs would install packages.
  expect(readFileSync(join(root, 'node_modules/.jobline-lock-hash'), 'utf8'), 'node_modules fits package-lock.json').to.equal(lockHash);
  const folder = mkdtempSync(join(tmpdir(), 'jobline-start-'));
  for (const part of ['deploy', 'dist', 'package.json', 'package-lock.json', 'tsconfig.json']) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  for (const part of ['services', 'shared', 'test']) symlinkSync(join(root, part), join(folder, part));
  mkdirSync(join(folder, '.jobline'));
  linkPackages(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** A link for each package, never one for all: an installer that clears the folder then removes links, not what they name. */
function linkPackages(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isFile()) cpSync(join(from, entry.name), join(to, entry.name));
    else symlinkSync(join(from, entry.name), join(to, entry.name));
  }
}

function npmStart(folder: string, env: Readonly<Record<string, string>>): { child: ChildProcess; output: () => string } {
  let text = '';
  const child = spawn('npm', ['start', '--', '--scale', 'p1-worker=3'], {
    cwd: folder,
    env: { ...process.env, ...env, PORT: '0', ADMIN_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return { child, output: () => text };
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { localModule } from '../../../support/local-stack.ts';

interface Folders {
  takeLock(file: string, options?: { waitMs?: number; onWait?: (pid: number) => void }): Promise<() => void>;
  makeTemporaryFolder(kind: string): string;
  sweepTemporaryFolders(): Promise<void>;
  recordProcess(folder: string, name: string, pid: number): void;
}

/** Above the largest process id that Linux gives out. */
const NOBODY = 2 ** 23;

describe('Folders of a stack', () => {
  let folders: Folders;
  let folder: string;
  let lock: string;

  before(async () => {
    folders = await localModule<Folders>('folders.mjs');
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'locks-'));
    lock = join(folder, 'lock');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('a lock that is held names its owner, and is free again once released', async () => {
    const release = await folders.takeLock(lock);
    const message = await folders.takeLock(lock).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(message).to.include(`held by process ${process.pid}`);
    release();
    (await folders.takeLock(lock))();
    expect(existsSync(lock)).to.equal(false);
  });

  it('a lock whose owner is gone is taken over', async () => {
    const release = await folders.takeLock(lock);
    const { namespace } = JSON.parse(readFileSync(lock, 'utf8')) as { namespace: string };
    release();
    writeFileSync(lock, JSON.stringify({ pid: NOBODY, startTime: '1', namespace }));
    (await folders.takeLock(lock))();
  });

  it('a lock of another container is respected: its owner cannot be seen', async () => {
    writeFileSync(lock, JSON.stringify({ pid: NOBODY, startTime: '1', namespace: 'pid:[1]' }));
    const message = await folders.takeLock(lock).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(message).to.include(`held by process ${NOBODY}`);
  });

  it('a waiter gets the lock when it is released', async () => {
    const release = await folders.takeLock(lock);
    const second = folders.takeLock(lock, { waitMs: 10_000, onWait: () => release() });
    (await second)();
  });

  it("temporary folders of processes that are gone are swept, others' and one's own are not", async () => {
    const own = folders.makeTemporaryFolder('unit');
    const stale = folders.makeTemporaryFolder('unit');
    const unmarked = mkdtempSync(join(tmpdir(), 'jobline-unit-'));
    try {
      const { namespace } = JSON.parse(readFileSync(join(stale, 'owner.json'), 'utf8')) as { namespace: string };
      writeFileSync(join(stale, 'owner.json'), JSON.stringify({ pid: NOBODY, startTime: '1', namespace }));
      await folders.sweepTemporaryFolders();
      expect([own, stale, unmarked].map((one) => existsSync(one))).to.deep.equal([true, false, true]);
    } finally {
      for (const one of [own, stale, unmarked]) rmSync(one, { recursive: true, force: true });
    }
  });

  it('processes noted anywhere in such a folder are ended with it, by however many sweep at once', async () => {
    const stale = folders.makeTemporaryFolder('unit');
    const children = ['.', 'rabbitmq', 'files/jobline-system-x/mongodb/0'].map((below) => {
      const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      folders.recordProcess(join(stale, below), 'one', child.pid!);
      return { child, ended: once(child, 'exit') };
    });
    try {
      const { namespace } = JSON.parse(readFileSync(join(stale, 'owner.json'), 'utf8')) as { namespace: string };
      writeFileSync(join(stale, 'owner.json'), JSON.stringify({ pid: NOBODY, startTime: '1', namespace }));
      await Promise.all([folders.sweepTemporaryFolders(), folders.sweepTemporaryFolders(), folders.sweepTemporaryFolders()]);
      expect(existsSync(stale)).to.equal(false);
      for (const { ended } of children) expect((await ended)[1]).to.equal('SIGKILL');
    } finally {
      for (const { child } of children) child.kill('SIGKILL');
      rmSync(stale, { recursive: true, force: true });
    }
  });
});

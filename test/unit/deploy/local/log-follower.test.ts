import { appendFileSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { localModule } from '../../../support/local-stack.ts';

interface Follower {
  poll(): void;
}

type FollowerClass = new (options: { file: string; onLine: (line: string) => void; maxBytes?: number }) => Follower;

describe('Log follower', () => {
  let LogFollower: FollowerClass;
  let folder: string;
  let file: string;
  let lines: string[];

  before(async () => {
    ({ LogFollower } = await localModule<{ LogFollower: FollowerClass }>('log-follower.mjs'));
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'follower-'));
    file = join(folder, 'service.log');
    lines = [];
    writeFileSync(file, 'before\n');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('tells whole lines that are appended, and nothing from before', () => {
    const follower = new LogFollower({ file, onLine: (line) => lines.push(line) });
    appendFileSync(file, 'one\ntw');
    follower.poll();
    expect(lines).to.deep.equal(['one']);
    appendFileSync(file, 'o\n');
    follower.poll();
    expect(lines).to.deep.equal(['one', 'two']);
  });

  it('empties a log that has grown too large, keeps the last one, and goes on', () => {
    const follower = new LogFollower({ file, onLine: (line) => lines.push(line), maxBytes: 100 });
    appendFileSync(file, `${'x'.repeat(200)}\n`);
    follower.poll();
    expect(statSync(file).size).to.equal(0);
    expect(existsSync(`${file}.1`)).to.equal(true);
    appendFileSync(file, 'after\n');
    follower.poll();
    expect(lines.at(-1)).to.equal('after');
  });
});

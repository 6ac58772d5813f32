import { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { type GatheringStream, gatherWrites } from '../../../../shared/rabbit/gather-writes.ts';

/** Notes what it is given by each call of the system. */
class Calls extends Writable {
  readonly seen: string[] = [];

  constructor(highWaterMark = 16_384) {
    super({ highWaterMark });
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.seen.push(chunk.toString());
    setImmediate(done);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: () => void): void {
    this.seen.push(chunks.map(({ chunk }) => chunk.toString()).join(''));
    setImmediate(done);
  }
}

describe('gatherWrites', () => {
  const gathering = (calls: Calls): Calls => {
    gatherWrites(calls as unknown as GatheringStream);
    return calls;
  };

  it('what is written in one turn, leaves by one call at its end, in order', async () => {
    const calls = gathering(new Calls());
    for (const text of ['a', 'b', 'c']) calls.write(text);
    expect(calls.seen).to.deep.equal([]);
    await turn();
    expect(calls.seen).to.deep.equal(['abc']);
  });

  it('what is written in later turns, leaves in calls of its own', async () => {
    const calls = gathering(new Calls());
    for (const text of ['a', 'b']) {
      calls.write(text);
      await turn();
      await turn();
    }
    expect(calls.seen).to.deep.equal(['a', 'b']);
  });

  it('more than it has room for: says so, and when there is room again', async () => {
    const calls = gathering(new Calls(4));
    const drained = new Promise((resolve) => calls.once('drain', resolve));
    expect([calls.write('abc'), calls.write('def')]).to.deep.equal([true, false]);
    await drained;
    expect(calls.seen).to.deep.equal(['abcdef']);
  });

  it('an end in the same turn: all that was written before leaves', async () => {
    const calls = gathering(new Calls());
    calls.write('a');
    calls.end('b');
    await new Promise((resolve) => calls.once('finish', resolve));
    expect(calls.seen.join('')).to.equal('ab');
  });
});

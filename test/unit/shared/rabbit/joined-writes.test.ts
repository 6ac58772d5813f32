import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChannelModel } from 'amqplib';
import { expect } from 'chai';
import { joinWrites } from '../../../../shared/rabbit/joined-writes.ts';

/** A stream that notes each call that would be one to the system. */
function connectionOf(calls: string[]): { readonly model: ChannelModel; readonly stream: Writable } {
  const stream = new Writable({
    highWaterMark: 8,
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      calls.push(chunk);
      done();
    },
    writev(chunks, done) {
      calls.push(chunks.map(({ chunk }) => chunk as string).join('|'));
      done();
    },
  });
  return { model: { connection: { stream } } as unknown as ChannelModel, stream };
}

describe('joinWrites', () => {
  it('several writes in one turn: one call, in their order', async () => {
    const calls: string[] = [];
    const { model, stream } = connectionOf(calls);
    joinWrites(model);
    for (const frame of ['a', 'b', 'c']) stream.write(frame);
    expect(calls).to.deep.equal([]);
    await nextTurn();
    expect(calls).to.deep.equal(['a|b|c']);
  });

  it('writes in different turns: a call of each, none left behind', async () => {
    const calls: string[] = [];
    const { model, stream } = connectionOf(calls);
    joinWrites(model);
    for (const frame of ['a', 'b']) {
      stream.write(frame);
      await nextTurn();
    }
    expect(calls).to.deep.equal(['a', 'b']);
  });

  it('more than there is room for: says so, and when there is room again', async () => {
    const { model, stream } = connectionOf([]);
    joinWrites(model);
    expect(stream.write('1234')).to.equal(true);
    expect(stream.write('56789')).to.equal(false);
    await new Promise((resolve) => stream.once('drain', resolve));
    expect(stream.write('1')).to.equal(true);
  });

  it('end after a write: what was written goes first', async () => {
    const calls: string[] = [];
    const { model, stream } = connectionOf(calls);
    joinWrites(model);
    stream.write('a');
    stream.end('b');
    await new Promise((resolve) => stream.once('finish', resolve));
    expect(calls.join('|')).to.equal('a|b');
  });
});

import { PassThrough, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { StoreUnavailableError } from '../../../../shared/domain/failures.ts';
import { inTime } from '../../../../shared/mongo/in-time.ts';
import { closed, inTimeSink } from '../../../../shared/mongo/in-time-sink.ts';

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('inTime', () => {
  it('an operation that answers: is its answer, its signal never fires', async () => {
    let signal: AbortSignal | undefined;
    const answer = await inTime(async (within) => {
      signal = within.signal;
      return 7;
    }, 20);
    await delay(40);
    expect([answer, signal?.aborted]).to.deep.equal([7, false]);
  });

  it('an operation that throws: throws the same', async () => {
    const error = new TypeError('no');
    expect(await caught(inTime(() => Promise.reject(error), 1_000))).to.equal(error);
  });

  it('an operation that never answers: is an outage, and its signal frees what it holds', async () => {
    let signal: AbortSignal | undefined;
    const error = await caught(
      inTime((within) => {
        signal = { ...within }.signal;
        return new Promise(() => undefined);
      }, 20),
    );
    expect(error).to.be.instanceOf(StoreUnavailableError);
    expect([(error as Error).message, signal?.reason]).to.deep.equal(['MongoDB did not answer within 0.02 s', error]);
  });
});

describe('inTimeSink', () => {
  it('a stream that takes all: has all, and is ended', async () => {
    const taken: Buffer[] = [];
    const target = new Writable({
      write(chunk: Buffer, _encoding, done) {
        taken.push(chunk);
        setImmediate(done);
      },
    });
    await pipeline(Readable.from([Buffer.from('a'), Buffer.from('bc')]), inTimeSink(target, 1_000));
    expect([Buffer.concat(taken).toString(), target.writableFinished]).to.deep.equal(['abc', true]);
  });

  it('a stream that fails: the pipeline fails with its error', async () => {
    const error = new Error('full');
    const target = new Writable({ write: (_chunk, _encoding, done) => done(error) });
    expect(await caught(pipeline(Readable.from([Buffer.from('a')]), inTimeSink(target, 1_000)))).to.equal(error);
  });

  it('a stream that never takes a piece: the pipeline fails in time, the stream is destroyed', async () => {
    const target = new Writable({ write: () => undefined });
    const sink = inTimeSink(target, 20);
    const error = await caught(pipeline(Readable.from([Buffer.from('a')]), sink));
    await closed(sink);
    expect([error instanceof StoreUnavailableError, target.destroyed]).to.deep.equal([true, true]);
  });

  it('given up while a piece is on its way: closes once that is taken', async () => {
    let taken = 0;
    const source = new PassThrough();
    const target = new Writable({
      write(_chunk, _encoding, done) {
        source.destroy(new Error('gone'));
        setTimeout(() => {
          taken += 1;
          done();
        }, 50);
      },
    });
    source.write('a');
    const sink = inTimeSink(target, 1_000);
    const error = await caught(pipeline(source, sink));
    await closed(sink);
    expect([(error as Error).message, taken, target.destroyed]).to.deep.equal(['gone', 1, true]);
  });
});

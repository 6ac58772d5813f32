import { expect } from 'chai';
import { MongoBulkWriteError, MongoInvalidArgumentError, MongoNetworkError, MongoServerError } from 'mongodb';
import { StoreUnavailableError } from '../../../../shared/domain/failures.ts';
import { isUnavailable, storeCall } from '../../../../shared/mongo/store-errors.ts';

const systemError = (code: string) => Object.assign(new Error('This socket has been ended by the other party'), { code });
const bulk = (error: object) =>
  new MongoBulkWriteError(
    error as ConstructorParameters<typeof MongoBulkWriteError>[0],
    { getWriteConcernError: () => undefined } as never,
  );

describe('isUnavailable', () => {
  for (const [what, error] of [
    ['a network error', new MongoNetworkError('gone')],
    ['a socket error that the driver passes on', systemError('EPIPE')],
    ['a socket error inside a bulk write', bulk({ message: 'ended', code: 'EPIPE', writeErrors: [] })],
    ['a bulk write that hides what was thrown', bulk({ message: 'gone', writeErrors: [] })],
    ['a server that is no primary', new MongoServerError({ message: 'not primary', code: 10_107 })],
    ['a server that is stopping', new MongoServerError({ message: 'interrupted', code: 11_600 })],
    ['a write concern that was not met', new MongoServerError({ message: 'waiting', code: 64 })],
  ] as const) {
    it(`${what}: is an outage`, () => expect(isUnavailable(error)).to.equal(true));
  }

  for (const [what, error] of [
    ['a duplicate key', new MongoServerError({ message: 'E11000', code: 11_000 })],
    ['a document that the validator refuses', new MongoServerError({ message: 'failed validation', code: 121 })],
    ['a bulk write with a duplicate key', bulk({ message: 'E11000', code: 11_000, writeErrors: [{ code: 11_000, index: 0 }] })],
    ['a wrong argument of ours', new MongoInvalidArgumentError('no')],
    ['an error of a stream of ours', systemError('ERR_STREAM_PREMATURE_CLOSE')],
    ['a bug', new TypeError('no')],
  ] as const) {
    it(`${what}: is none`, () => expect(isUnavailable(error)).to.equal(false));
  }
});

describe('storeCall', () => {
  it('an outage, is thrown as the port says, its cause kept; anything else as it is', async () => {
    const cause = systemError('ECONNRESET');
    const outage = await storeCall(() => Promise.reject(cause)).catch((error: unknown) => error);
    expect(outage).to.be.instanceOf(StoreUnavailableError).with.property('cause', cause);
    const bug = new TypeError('no');
    expect(await storeCall(() => Promise.reject(bug)).catch((error: unknown) => error)).to.equal(bug);
  });
});

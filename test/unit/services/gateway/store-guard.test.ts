import { expect } from 'chai';
import { StoreGuard } from '../../../../services/gateway/store-guard.ts';
import { StoreUnavailableError } from '../../../../shared/domain/failures.ts';
import { systemClock } from '../../../../shared/runtime/system-clock.ts';
import { silentLogger } from '../../../support/silent-logger.ts';

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('StoreGuard', () => {
  let isAway = false;
  let probes = 0;
  let guard: StoreGuard;

  beforeEach(() => {
    isAway = false;
    probes = 0;
    const sleep = () => new Promise<void>(setImmediate);
    guard = new StoreGuard({
      clock: { ...systemClock, sleep },
      logger: silentLogger(),
      longestWaitMs: 20,
      async probe() {
        probes += 1;
        if (isAway) throw new StoreUnavailableError('away');
      },
    });
  });
  afterEach(() => guard.stop());

  const ask = () =>
    guard.run(async () => {
      if (isAway) throw new StoreUnavailableError('away');
      return 'answer';
    });

  it('while the store answers: hands the answer on, and other failures too', async () => {
    expect(await ask()).to.equal('answer');
    expect(await failure(guard.run(() => Promise.reject(new RangeError('x'))))).to.be.instanceOf(RangeError);
    expect(guard.isClosed).to.equal(false);
  });

  it('after one failure: refuses without asking, until a probe is answered', async () => {
    isAway = true;
    expect(await failure(ask())).to.be.instanceOf(StoreUnavailableError);
    let asked = 0;
    const again = guard.run(async () => {
      asked += 1;
    });
    expect(await failure(again)).to.be.instanceOf(StoreUnavailableError);
    expect(asked).to.equal(0);
    isAway = false;
    while (guard.isClosed) await new Promise(setImmediate);
    expect(await ask()).to.equal('answer');
    expect(probes).to.be.at.least(1);
  });

  it('a store that does not answer: the request fails after the limit', async () => {
    const startedAtMs = performance.now();
    expect(await failure(guard.run(() => new Promise(() => {})))).to.be.instanceOf(StoreUnavailableError);
    expect(performance.now() - startedAtMs).to.be.below(2_000);
  });

  it('stopped while the store is away: the probing ends', async () => {
    isAway = true;
    await failure(ask());
    await guard.stop();
    const seen = probes;
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(probes).to.equal(seen);
  });
});

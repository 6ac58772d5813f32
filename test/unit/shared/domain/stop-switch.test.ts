import { expect } from 'chai';
import { StopSwitch } from '../../../../shared/domain/stop-switch.ts';

describe('StopSwitch', () => {
  it('stops once: the first reason counts, each listener is told once', () => {
    const stop = new StopSwitch();
    const told: string[] = [];
    stop.onStop((reason) => told.push(`a ${reason}`));
    stop.onStop((reason) => told.push(`b ${reason}`));
    expect([stop.isStopped, stop.reason]).to.deep.equal([false, undefined]);
    stop.stop('timeout');
    stop.stop('shutdown');
    expect([stop.isStopped, stop.reason, told]).to.deep.equal([true, 'timeout', ['a timeout', 'b timeout']]);
  });

  it('tells a listener that comes late at once', () => {
    const stop = new StopSwitch();
    stop.stop('timeout');
    let told: string | undefined;
    stop.onStop((reason) => {
      told = reason;
    });
    expect(told).to.equal('timeout');
  });

  for (const isReadFirst of [true, false])
    it(`has one signal, aborted with the reason, ${isReadFirst ? 'read before' : 'read after'} the stop`, () => {
      const stop = new StopSwitch();
      const before = isReadFirst ? stop.signal : undefined;
      expect(before?.aborted).to.equal(isReadFirst ? false : undefined);
      stop.stop('timeout');
      expect([stop.signal.aborted, stop.signal.reason]).to.deep.equal([true, 'timeout']);
      expect(stop.signal).to.equal(before ?? stop.signal);
    });
});

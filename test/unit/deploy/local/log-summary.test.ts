import { expect } from 'chai';
import { localModule } from '../../../support/local-stack.ts';

interface LogSummary {
  summarize(name: string, line: string): string | undefined;
  limited(print: (line: string) => void): (line: string) => void;
}

describe('Summary of a service log', () => {
  let module: LogSummary;

  before(async () => {
    module = await localModule<LogSummary>('log-summary.mjs');
  });

  it('shows a warning with time, process, message, error and fields', () => {
    const line = JSON.stringify({
      level: 'warn',
      time: '2026-11-24T12:00:01.5Z',
      service: 'p1-worker',
      msg: 'stage failed',
      job_id: 'j1',
      err: { message: 'no rows' },
    });
    expect(module.summarize('p1-worker-2', line)).to.equal('12:00:01 p1-worker-2 WARN stage failed (no rows) job_id=j1');
  });

  it('leaves out what is below a warning', () => {
    expect(module.summarize('gateway-1', '{"level":"info","msg":"request"}')).to.equal(undefined);
  });

  it('shows what is no JSON as it is', () => {
    expect(module.summarize('gateway-1', 'FATAL ERROR: heap out of memory')).to.equal('gateway-1: FATAL ERROR: heap out of memory');
  });

  it('lets 20 lines pass in a burst', () => {
    const printed: string[] = [];
    const print = module.limited((line) => printed.push(line));
    for (let index = 0; index < 100; index += 1) print(String(index));
    expect(printed).to.have.length(20);
  });
});

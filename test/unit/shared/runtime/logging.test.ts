import { expect } from 'chai';
import { StoreUnavailableError } from '../../../../shared/domain/failures.ts';
import { createLogger } from '../../../../shared/runtime/logging.ts';

function capture(level: 'debug' | 'info' | 'silent' = 'info') {
  const lines: string[] = [];
  const logger = createLogger({ service: 'test', level, stream: { write: (line) => void lines.push(line) } });
  return { logger, lines, last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown> };
}

describe('createLogger', () => {
  it('an event: one JSON line with time, level, service, message and its keys', () => {
    const { logger, lines, last } = capture();
    logger.info({ job_id: 'j', stage: 'p1', attempt: 2 }, 'stage committed');
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/\n$/);
    expect(last()).to.include({ level: 'info', service: 'test', job_id: 'j', stage: 'p1', attempt: 2, msg: 'stage committed' });
    expect(new Date(last()['time'] as string).getTime()).to.be.closeTo(Date.now(), 5_000);
  });

  it('a child: its keys stand on each of its lines', () => {
    const { logger, last } = capture();
    logger.child({ job_id: 'j' }).warn({ attempt: 1 }, 'attempt failed');
    expect(last()).to.include({ level: 'warn', job_id: 'j', attempt: 1 });
  });

  it('a level below the set one: nothing is written', () => {
    const { logger, lines } = capture('silent');
    logger.error({}, 'unheard');
    expect(lines).to.deep.equal([]);
  });

  it('an error: type, code, message, stack and cause', () => {
    const { logger, last } = capture();
    logger.error({ err: new StoreUnavailableError('away', { cause: new Error('no socket') }) }, 'failed');
    const err = last()['err'] as Record<string, unknown>;
    expect(err).to.include({ code: 'store_unavailable', message: 'away' });
    expect(err['stack']).to.contain('logging.test');
    expect(err['cause']).to.include({ message: 'no socket' });
  });

  it('credentials in URLs and in fields of such names: not in the line', () => {
    const { logger, lines } = capture();
    const secret = 'hunter2';
    logger.info({ url: `amqp://joe:${secret}@host/`, password: secret, config: { mongodbUrl: secret, token: secret } }, 'x');
    logger.error({ err: new Error(`connect mongodb://joe:${secret}@a,b failed, http://h/?api_key=${secret}&x=1`) }, 'y');
    logger.child({ authorization: `Bearer ${secret}` }).info({}, 'z');
    expect(lines.join('')).not.to.contain(secret);
    expect(lines.join('')).to.contain('amqp://***@host/').and.to.contain('x=1');
  });
});

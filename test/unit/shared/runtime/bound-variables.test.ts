import { expect } from 'chai';
import { ConfigError } from '../../../../shared/domain/failures.ts';
import { bounds } from '../../../../shared/runtime/bound-variables.ts';
import { type Environment, readConfig } from '../../../../shared/runtime/config.ts';

const NEEDED: Environment = { RABBITMQ_URL: 'amqp://localhost/', MONGODB_URL: 'mongodb://localhost/' };

function problemsOf(env: Environment): readonly string[] {
  try {
    readConfig('gateway', { ...NEEDED, ...env });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const INTEGERS = Object.entries(bounds).filter(([, { type }]) => type === 'integer');

describe('variables of bounds', () => {
  for (const [name, { allowed }] of INTEGERS)
    it(`${name}: each end of its range is taken, what lies beyond is refused by name and range`, () => {
      const [, min, max] = /from (\d+) to (\d+)/.exec(allowed)!;
      for (const value of [Number(min) - 1, Number(max) + 1, '1e3', '-1', 'many'])
        expect(problemsOf({ [name]: String(value) }), String(value)).to.deep.equal([`${name} is "${value}"; it must be ${allowed}.`]);
      for (const value of [min, max])
        expect(problemsOf({ [name]: value }).filter((problem) => problem.includes('it must be'))).to.deep.equal([]);
    });

  for (const list of ['10.0.0.0/33', '10.0.0', 'proxy.internal', '10.0.0.0/8 fd00::/8', '::/129', '*'])
    it(`TRUSTED_PROXIES=${list}: refused`, () => {
      expect(problemsOf({ TRUSTED_PROXIES: list })).to.have.length(1);
    });

  it('proxies and their header, that are right: are taken apart', () => {
    const { trustedProxies, proxyHeader } = readConfig('gateway', {
      ...NEEDED,
      TRUSTED_PROXIES: '10.0.0.0/8, ::1,fd00::/8',
      PROXY_HEADER: 'forwarded',
    });
    expect([trustedProxies, proxyHeader]).to.deep.equal([['10.0.0.0/8', '::1', 'fd00::/8'], 'forwarded']);
    expect(problemsOf({ PROXY_HEADER: 'x-real-ip' })).to.have.length(1);
  });

  const PAIRS: readonly [string, Environment][] = [
    ['a URL that may be larger than the head it is part of', { MAX_URL_BYTES: '8193', MAX_HEADER_BYTES: '8192' }],
    ['headers that may take longer than the request', { HEADERS_TIMEOUT_MS: '60001', REQUEST_TIMEOUT_MS: '60000' }],
    ['a body that may take longer than the request', { BODY_TIMEOUT_MS: '60001', REQUEST_TIMEOUT_MS: '60000' }],
  ];
  for (const [name, env] of PAIRS)
    it(`${name}: refused, naming both`, () => {
      const [problem = '', ...more] = problemsOf(env);
      expect(more).to.deep.equal([]);
      for (const variable of Object.keys(env)) expect(problem).to.contain(variable);
    });
});

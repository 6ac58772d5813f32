import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../../../../shared/domain/failures.ts';
import { type Config, configKey, describeConfig, type Environment, readConfig } from '../../../../shared/runtime/config.ts';
import { ROLES, type Role, type Variable } from '../../../../shared/runtime/variable.ts';
import { VARIABLES } from '../../../../shared/runtime/variables.ts';

const PEPPER = 'pepper-of-the-tests-pepper-of-the-tests';

const folders: string[] = [];

/** A file with the pepper. */
function pepperFile(content = PEPPER): string {
  const folder = mkdtempSync(join(tmpdir(), 'jobline-pepper-'));
  folders.push(folder);
  const path = join(folder, 'pepper');
  writeFileSync(path, `${content}\n`);
  return path;
}

after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const NEEDED: Environment = {
  RABBITMQ_URL: 'amqp://guest:s3cret@localhost:5672/',
  MONGODB_URL: 'mongodb://u:s3cret@a:27017,b:27018/jobs?replicaSet=rs0',
};

function problemsOf(role: Role, env: Environment): readonly string[] {
  try {
    readConfig(role, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  it('the required variables alone: every other has its default, and the object is frozen', () => {
    const config: Config<'worker'> = readConfig('worker', NEEDED);
    expect(config).to.include({
      leaseMs: 30_000,
      workerConcurrency: 2,
      topology: 'per-stage',
      logLevel: 'info',
      shutdownTimeoutMs: 25_000,
    });
    expect(config.jobTypes).to.deep.equal([]);
    expect(config).to.be.frozen;
  });

  it("a role's config: has its own variables and none of the others'", () => {
    const config = readConfig('scheduler', NEEDED);
    expect(config).to.have.property('nightlyRerunCron', '0 3 * * *');
    expect(config).not.to.have.any.keys('port', 'leaseMs');
    // @ts-expect-error a scheduler has no port of the API
    expect(config.port).to.equal(undefined);
  });

  it('several wrong values: one error names them all, with value and range', () => {
    const env = { ...NEEDED, PORT: '70000', MAX_BODY_BYTES: '12.5', LOG_LEVEL: 'loud', HOST: 'no host', TOPOLOGY: 'double' };
    const problems = problemsOf('gateway', env);
    expect(problems).to.have.length(5);
    expect(problems).to.include('PORT is "70000"; it must be a port from 0 to 65535 (0: any free one, logged at start).');
    expect(problems).to.include('MAX_BODY_BYTES is "12.5"; it must be an integer from 1024 to 2097152 (bytes).');
    expect(problems).to.include('LOG_LEVEL is "loud"; it must be one of debug, info, warn, error, silent.');
  });

  for (const [name, text] of [
    ['LEASE_MS', '2999'],
    ['LEASE_MS', '600001'],
    ['LEASE_MS', '30s'],
    ['LEASE_MS', '0x7530'],
    ['WORKER_CONCURRENCY', '0'],
    ['WORKER_CONCURRENCY', '-1'],
    ['SCRATCH_DIR', '/nowhere/at/all'],
    ['JOBLINE_JOB_TYPES', '/nowhere/types.js'],
    ['RABBITMQ_URL', 'http://localhost'],
    ['RABBITMQ_URL', 'amqp://'],
    ['MONGODB_URL', 'postgres://localhost/x'],
    ['MONGODB_URL', 'mongodb://localhost/a b'],
  ] as const) {
    it(`${name}=${text}: refused, naming the variable`, () => {
      const [problem, ...others] = problemsOf('worker', { ...NEEDED, [name]: text });
      expect(problem).to.match(new RegExp(`^${name} is `));
      expect(others).to.deep.equal([]);
    });
  }

  for (const text of ['off', '0 3 * * *', '30 0 3 * * *']) {
    it(`NIGHTLY_RERUN_CRON=${text}: accepted`, () =>
      expect(problemsOf('scheduler', { ...NEEDED, NIGHTLY_RERUN_CRON: text })).to.deep.equal([]));
  }

  it('NIGHTLY_RERUN_CRON=nonsense: refused', () => {
    expect(problemsOf('scheduler', { ...NEEDED, NIGHTLY_RERUN_CRON: '99 3 * * *' })).to.have.length(1);
  });

  it('a wrong URL with a password: the error does not show it', () => {
    for (const RABBITMQ_URL of [
      'ampq://user:s3cret@host',
      'user:s3cret@host',
      'amqp//user:s3cret@host',
      'amqp://u:s3cret,@x,http://y:s3cret@z',
    ]) {
      const message = problemsOf('worker', { ...NEEDED, RABBITMQ_URL }).join();
      expect(message).to.contain('RABBITMQ_URL is').and.not.contain('s3cret');
    }
  });

  it('a required variable that is missing while a similar one is set: asks whether that was meant', () => {
    const problems = problemsOf('worker', { RABBITMQ_URL: NEEDED['RABBITMQ_URL'], MONGO_URL: 'mongodb://localhost' });
    expect(problems).to.have.length(1);
    expect(problems[0]).to.contain('MONGODB_URL is not set').and.to.contain('MONGO_URL is set: did you mean MONGODB_URL?');
  });

  it('a misspelt variable with our prefix: refused with the right name', () => {
    expect(problemsOf('worker', { ...NEEDED, JOBLINE_JOBTYPES: 'x' })).to.deep.equal([
      'JOBLINE_JOBTYPES is not a variable of Jobline; did you mean JOBLINE_JOB_TYPES?',
    ]);
    expect(problemsOf('worker', { ...NEEDED, JOBLINE_LEASE_MS: '1' })).to.deep.equal([
      'JOBLINE_LEASE_MS is not a variable of Jobline; did you mean LEASE_MS?',
    ]);
  });

  it('variables of the command line: stand beside those of a service', () => {
    const env = { ...NEEDED, JOBLINE_URL: 'http://localhost:8080', JOBLINE_ADMIN_URL: 'http://localhost:8081', JOBLINE_API_KEY: 'x' };
    expect(problemsOf('worker', env)).to.deep.equal([]);
  });

  it('variables that Kubernetes makes from the names of services: ignored', () => {
    const env = { ...NEEDED, JOBLINE_GATEWAY_PORT: 'tcp://10.0.0.1:8080', JOBLINE_GATEWAY_SERVICE_HOST: '10.0.0.1' };
    expect(problemsOf('worker', env)).to.deep.equal([]);
  });

  it('an empty variable: counts as unset', () => {
    expect(readConfig('worker', { ...NEEDED, LEASE_MS: '' }).leaseMs).to.equal(30_000);
    expect(problemsOf('worker', { ...NEEDED, MONGODB_URL: ' ' })).to.have.length(1);
  });

  it('two listeners on one port: refused, unless the port is 0', () => {
    expect(problemsOf('gateway', { ...NEEDED, PORT: '9000', ADMIN_PORT: '9000' })).to.deep.equal([
      'PORT and ADMIN_PORT are both 9000; they must differ.',
    ]);
    expect(problemsOf('gateway', { ...NEEDED, PORT: '0', ADMIN_PORT: '0' })).to.deep.equal([]);
  });

  it('a list of brokers: split at the schemes, so that a password may contain a comma', () => {
    const { rabbitmqUrl } = readConfig('worker', { ...NEEDED, RABBITMQ_URL: 'amqp://u:a,b@one, amqps://u:p@two' });
    expect(rabbitmqUrl).to.deep.equal(['amqp://u:a,b@one', 'amqps://u:p@two']);
  });
});

describe('the settings of access', () => {
  for (const [name, host] of [
    ['HOST', '0.0.0.0'],
    ['HOST', '::'],
    ['ADMIN_HOST', '10.0.0.7'],
    ['ADMIN_HOST', 'gateway.example.com'],
  ] as const) {
    it(`${name}=${host} without keys: refused with what to set; with keys: accepted`, () => {
      const [problem, ...others] = problemsOf('gateway', { ...NEEDED, [name]: host });
      expect(problem).to.match(new RegExp(`^${name} is "${host}".*loopback.*Set JOBLINE_AUTH=keys and JOBLINE_KEY_PEPPER`));
      expect(others).to.deep.equal([]);
      expect(problemsOf('gateway', { ...NEEDED, [name]: host, JOBLINE_AUTH: 'keys', JOBLINE_KEY_PEPPER: PEPPER })).to.deep.equal([]);
    });
  }

  it('loopback addresses without keys: accepted', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
      expect(problemsOf('gateway', { ...NEEDED, HOST: host, ADMIN_HOST: host })).to.deep.equal([]);
    }
  });

  it('keys without a pepper, or with two: refused', () => {
    expect(problemsOf('gateway', { ...NEEDED, JOBLINE_AUTH: 'keys' })[0]).to.match(/there is no pepper: set JOBLINE_KEY_PEPPER/);
    const both = { JOBLINE_KEY_PEPPER: PEPPER, JOBLINE_KEY_PEPPER_FILE: pepperFile() };
    expect(problemsOf('gateway', { ...NEEDED, ...both })[0]).to.match(/both set/);
  });

  it('a pepper from a file: is its content, without the line end', () => {
    const env = { ...NEEDED, JOBLINE_AUTH: 'keys', JOBLINE_KEY_PEPPER_FILE: pepperFile() };
    expect(readConfig('gateway', env).keyPepperFile).to.equal(PEPPER);
    const missing = problemsOf('gateway', { ...NEEDED, JOBLINE_KEY_PEPPER_FILE: '/nowhere/pepper' });
    expect(missing[0]).to.match(/^JOBLINE_KEY_PEPPER_FILE is "\/nowhere\/pepper"; it must be the path of a readable file/);
  });

  it('secrets that are wrong, and those in use: are not shown, not even in part', () => {
    const wrong = { JOBLINE_KEY_PEPPER: 'too-short-s3cret', JOBLINE_BOOTSTRAP_KEY: 'pk_s3cret' };
    const problems = problemsOf('gateway', { ...NEEDED, ...wrong }).join();
    expect(problems)
      .to.contain('JOBLINE_KEY_PEPPER is "***"')
      .and.to.contain('JOBLINE_BOOTSTRAP_KEY is "***"')
      .and.not.to.contain('s3cret');
    expect(describeConfig('gateway', { ...NEEDED, JOBLINE_KEY_PEPPER: PEPPER }))
      .to.contain('JOBLINE_KEY_PEPPER=***\n')
      .and.not.to.contain(PEPPER);
  });
});

describe('the settings of callbacks', () => {
  it('ports, hosts and signing keys that are right: are taken apart', () => {
    const env = { ...NEEDED, CALLBACK_PORTS: '443, 8000-8999', CALLBACK_ALLOW_HOSTS: 'hooks.internal,10.1.0.0/16,::1' };
    const { callbackPorts, callbackAllowHosts } = readConfig('scheduler', env);
    expect(callbackPorts).to.deep.equal([
      [443, 443],
      [8_000, 8_999],
    ]);
    expect(callbackAllowHosts).to.deep.equal(['hooks.internal', '10.1.0.0/16', '::1']);
  });

  for (const [name, value] of [
    ['CALLBACK_PORTS', '0'],
    ['CALLBACK_PORTS', '70000'],
    ['CALLBACK_PORTS', '9-8'],
    ['CALLBACK_PORTS', 'https'],
    ['CALLBACK_ALLOW_HOSTS', '10.0.0.0/33'],
    ['CALLBACK_ALLOW_HOSTS', '10.0.0'],
    ['CALLBACK_ALLOW_HOSTS', 'https://hooks.internal'],
    ['CALLBACK_ALLOW_HOSTS', 'hooks.internal/8'],
    ['JOBLINE_SIGNING_KEYS', 'k1:short'],
    ['JOBLINE_SIGNING_KEYS', PEPPER],
  ] as const) {
    it(`${name}=${value}: refused`, () => {
      expect(problemsOf('scheduler', { ...NEEDED, [name]: value })[0]).to.match(new RegExp(`^${name} is `));
    });
  }

  it('signing keys and a file with them: refused', () => {
    const both = { JOBLINE_SIGNING_KEYS: `k1:${PEPPER}`, JOBLINE_SIGNING_KEYS_FILE: pepperFile(`k2:${PEPPER}`) };
    expect(problemsOf('gateway', { ...NEEDED, ...both })[0]).to.match(/both set/);
  });
});

describe('configKey', () => {
  it('every variable: the key at run time is the one of the type', () => {
    const set = { RABBITMQ_MANAGEMENT_URL: 'http://localhost:15672', RETAIN_DAYS: '7', AUDIT_RETAIN_DAYS: '7', RATE_LIMIT_BURST: '7' };
    const model = { SUMMARIZE_URL: 'https://api.example.com/v1', SUMMARIZE_MODEL: 'small', SUMMARIZE_PRICES: '1,2' };
    const env = { ...NEEDED, ...set, ...model, JOBLINE_BOOTSTRAP_KEY: `pk_${'a'.repeat(16)}_${'b'.repeat(43)}` };
    const signing = `k1:${PEPPER}`;
    const peppers = [
      { JOBLINE_KEY_PEPPER: PEPPER, JOBLINE_SIGNING_KEYS: signing, SUMMARIZE_API_KEY: 'sk-1' },
      { JOBLINE_KEY_PEPPER_FILE: pepperFile(), JOBLINE_SIGNING_KEYS_FILE: pepperFile(signing), SUMMARIZE_API_KEY_FILE: pepperFile('sk-1') },
    ];
    const keys = new Set(peppers.flatMap((pepper) => ROLES.flatMap((role) => Object.keys(readConfig(role, { ...env, ...pepper })))));
    expect([...keys]).to.have.members(Object.keys(VARIABLES).map(configKey));
    expect(configKey('JOBLINE_JOB_TYPES')).to.equal('jobTypes');
  });
});

describe('describeConfig', () => {
  it('all roles: one line a variable, no credentials', () => {
    for (const role of ROLES) {
      const text = describeConfig(role, NEEDED);
      expect(text).not.to.contain('s3cret');
      expect(text).to.contain('RABBITMQ_URL=amqp://***@localhost:5672/');
      const names = Object.entries<Variable>(VARIABLES).filter(([, variable]) => variable.usedBy.includes(role));
      expect(text.trimEnd().split('\n')).to.have.length(names.length);
    }
  });
});

import { expect } from 'chai';
import { GatewayFixture } from '../gateway/gateway-fixture.ts';
import { jobline } from './run-jobline.ts';

describe('jobline, jobs of users', () => {
  let gateway: GatewayFixture;
  let env: Record<string, string>;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
    env = { JOBLINE_URL: gateway.url('').replace(/\/$/, '') };
  });
  afterEach(() => gateway.stop());
  const INPUT = '{"rows": [{"city": "Oslo", "sold": 12}]}';

  it('submit, status, list, explain, logs, cancel and watch: the life of a job', async () => {
    const submitted = await jobline(['submit', 'report', INPUT, '--tag', 'demo', '--key', 'k'], env);
    expect(submitted).to.deep.include({ code: 0, err: '' });
    const job = submitted.out.trim();
    expect((await jobline(['submit', 'report', '-', '--tag', 'demo', '--key', 'k'], env, false, INPUT)).out.trim()).to.equal(job);
    expect((await jobline(['status', job], env)).out).to.match(/^QUEUED +0 %/);
    expect((await jobline(['list', 'tag:demo', '--json'], env)).out).to.contain(job);
    expect((await jobline(['explain', job], env)).out).to.match(/^QUEUED\n[\s\S]*Next: /);
    expect((await jobline(['logs', job], env)).out).to.match(/^at +event/);
    expect(await jobline(['cancel', job], env)).to.deep.include({ code: 0, out: `${job} CANCELED\n` });
    expect(await jobline(['watch', job], env)).to.deep.include({ code: 1, err: '' });
    expect((await jobline(['watch', job], env)).out).to.match(/^CANCELED/m);
  });

  it('submit --ndjson with a job that is wrong: the ids of the others, and 2', async () => {
    const lines = `{"type": "report", "input": ${INPUT}}\n\n{"type": "nothing", "input": {}}`;
    const { code, out, err } = await jobline(['submit', '--ndjson'], env, false, lines);
    expect([code, out.trim().split('\n').length]).to.deep.equal([2, 1]);
    expect(err).to.contain('1 accepted, 1 refused');
  });

  for (const [what, args, message] of [
    ['a command that is nearly one', ['sumbit'], 'did you mean submit?'],
    ['no job', ['status'], 'status needs JOB.'],
    ['a word too many', ['status', 'a', 'b'], "Unexpected argument 'b'"],
    ['an input that is no JSON', ['submit', 'report', '{'], 'INPUT is not JSON'],
    ['no input', ['submit', 'report'], 'needs one of INPUT, --file and --upload'],
    ['a file that is not there', ['submit', 'report', '--file', '/nowhere/x.json'], 'cannot be read: ENOENT'],
    ['a limit out of range', ['list', '--limit', '0'], '--limit must be an integer from 1'],
  ] as const) {
    it(`${what}: says so and ends with 64`, async () => {
      const { code, err } = await jobline(args, env);
      expect(code).to.equal(64);
      expect(err).to.contain(message);
    });
  }

  it('a job that there is not ends with 2', async () => {
    const { code, err } = await jobline(['status', '00000000-0000-7000-8000-000000000000'], env);
    expect([code, err.includes('job_not_found')]).to.deep.equal([2, true]);
  });
});

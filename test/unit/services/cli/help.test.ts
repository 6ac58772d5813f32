import { expect } from 'chai';
import { COMMAND_SET } from '../../../../services/cli/commands.ts';
import { jobline } from './run-jobline.ts';

const COLUMNS = 80;
const { commands, groups } = COMMAND_SET;

function expectToFit(what: string, text: string): void {
  expect(text.endsWith('\n') && !text.endsWith('\n\n'), `${what} ends in one line end`).to.equal(true);
  for (const line of text.split('\n')) expect(line.length, `${what}: ${line}`).to.be.at.most(COLUMNS);
}

describe('The help of jobline', () => {
  for (const { name, help, options } of commands) {
    it(`of ${name}: fits 80 columns, begins with its usage, has every option and an example`, async () => {
      expectToFit(name, help);
      expect(help.startsWith(`Usage: jobline ${name}`)).to.equal(true);
      for (const option of Object.keys(options)) expect(help, `--${option}`).to.match(new RegExp(`--${option}\\b`));
      expect(help).to.match(/\nExamples?:\n {2}.*\bjobline /);
      expect(await jobline([...name.split(' '), '--help'])).to.deep.equal({ code: 0, out: help, err: '' });
      expect((await jobline(['help', ...name.split(' ')])).out).to.equal(help);
    });
  }

  it('of all: fits 80 columns, has each command and each group', async () => {
    const { out } = await jobline(['--help']);
    expectToFit('jobline', out);
    for (const { name } of commands) expect(out).to.match(new RegExp(`^ {2}${name.split(' ')[0]} `, 'm'));
  });

  for (const group of Object.keys(groups)) {
    it(`of the group ${group}: fits 80 columns and names its commands`, async () => {
      const { code, out } = await jobline([group, '--help']);
      expect(code).to.equal(0);
      expectToFit(group, out);
      const own = commands.filter(({ name }) => name.startsWith(`${group} `)).map(({ name }) => name.slice(group.length + 1));
      expect(own).not.to.deep.equal([]);
      for (const name of own) expect(out).to.contain(`  ${group} ${name} `);
    });
  }

  it('--version: says the release', async () => {
    expect((await jobline(['--version'])).out).to.match(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('jobline, told something wrong', () => {
  for (const [what, args, message] of [
    ['an option that is nearly one', ['list', '--limt', '3'], "Unknown option '--limt'; did you mean --limit?"],
    ['a command of a group that is nearly one', ['keys', 'lst'], 'There is no command "keys lst"; did you mean keys list?'],
    ['a group alone', ['keys'], 'jobline keys needs to be told what: create'],
    ['a command that is none', ['frobnicate'], 'There is no command "frobnicate"; there are: submit, '],
    ['help about what there is not', ['help', 'frobnicate'], 'There is no command "frobnicate"'],
  ] as const) {
    it(`${what}: says so and ends with 64`, async () => {
      const { code, out, err } = await jobline(args);
      expect([code, out]).to.deep.equal([64, '']);
      expect(err).to.contain(message);
    });
  }

  it('with --json: the error is one line of JSON', async () => {
    const { code, err } = await jobline(['status', '--json']);
    expect(code).to.equal(64);
    expect(JSON.parse(err)).to.deep.equal({ error: { message: 'status needs JOB.', exit_code: 64 } });
  });
});

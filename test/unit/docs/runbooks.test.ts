import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { COMMAND_SET } from '../../../services/cli/commands.ts';
import { METRICS } from '../../../shared/runtime/metric-definitions.ts';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { VARIABLES } from '../../../shared/runtime/variables.ts';
import { runbookSections, runbookSteps } from '../../support/runbooks/runbook-page.ts';
import { RUNBOOK_PAGES, readRunbooks, runbookPreamble } from '../../support/runbooks/runbook-run.ts';
import { ShellSession } from '../../support/runbooks/shell-session.ts';
import { TROUBLES } from '../../support/runbooks/troubles.ts';
import { GatewayFixture } from '../services/gateway/gateway-fixture.ts';
import { anchorsOf, linksOf } from './links.ts';

const text = (path: string): string => readFileSync(join(projectRoot(), path), 'utf8');
const whole = RUNBOOK_PAGES.map((page) => text(`docs/operations/${page}.md`)).join('\n');
const sections = RUNBOOK_PAGES.flatMap((page) => readRunbooks(page));
const blocks = sections.flatMap((section) => section.blocks);
const steps = blocks.filter(({ language }) => language === 'sh').flatMap(runbookSteps);

/** Commands of those who submit jobs: nothing that an operator does needs them. */
const WITHOUT_RUNBOOK = ['download', 'deliveries'];
/** Groups of commands whose runbooks ask the control plane by its paths: what they hold is found where no command line is at hand. */
const ASKED_BY_PATH = ['windows', 'limits', 'breakers', 'rules', 'retention'];
/** Variables that hold the `links.self` of a thing. */
const OF_LINK: Readonly<Record<string, string>> = { BREAKER: '/admin/v1/breakers/x', RULE: '/admin/v1/retention/rules/x' };
/** Of the command line itself. */
const OTHER_VARIABLES = ['JOBLINE_URL', 'JOBLINE_ADMIN_URL'];

describe('runbooks of alerts', () => {
  const { groups } = parse(text('deploy/monitoring/alerts.yml')) as {
    groups: readonly { rules: readonly { alert: string; annotations: { runbook: string } }[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);

  it('each alert: has a section, each section an alert, and the annotation leads there', () => {
    expect(readRunbooks('alerts').map(({ heading }) => heading)).to.have.members(rules.map(({ alert }) => alert));
    for (const { alert, annotations } of rules) {
      const [path, anchor] = annotations.runbook.split('#') as [string, string];
      expect(existsSync(join(projectRoot(), path)), annotations.runbook).to.equal(true);
      expect([...anchorsOf(text(path))]).to.include(anchor);
      expect(anchor).to.equal(alert.toLowerCase());
    }
  });

  for (const { heading, text: said } of readRunbooks('alerts')) {
    it(`${heading}: says what is seen, what it means, how to look, and when it is over`, () => {
      expect(said)
        .to.match(/^\*\*Seen:\*\* \S/m)
        .and.to.match(/\*\*Means:\*\* \S/);
      expect(said).to.match(/^```sh$/m);
      expect(said).to.match(/\bOver\b|As \[|as \[Jobline/);
    });
  }
});

describe('runbooks', () => {
  it('every block: is one that the test runs, or is marked as one of an installation', () => {
    expect([...new Set(blocks.map(({ language }) => language))].toSorted()).to.deep.equal(['console', 'sh']);
    expect(whole).not.to.match(/^ +```/m);
    expect(steps).to.have.length.above(100);
  });

  it('every section: is linked in the index, docs/operations.md', () => {
    const linked = linksOf(text('docs/operations.md')).map(({ target }) => target);
    for (const page of RUNBOOK_PAGES) {
      const anchors = [...anchorsOf(text(`docs/operations/${page}.md`))].slice(1);
      expect(linked).to.include.members(anchors.map((anchor) => `operations/${page}.md#${anchor}`));
    }
  });

  it('every section with a trouble that the test sets up: exists', () => {
    expect(sections.map(({ heading }) => heading)).to.include.members(Object.keys(TROUBLES));
  });

  it('every command that they name: is one of jobline, and every command of jobline is tried', () => {
    const names = COMMAND_SET.commands.map(({ name }) => name);
    const groups = Object.keys(COMMAND_SET.groups);
    const commandOf = (words: string): string => {
      const [first = '', second = ''] = words.split(' ');
      return groups.includes(first) ? `${first} ${second}` : first;
    };
    const named = (said: string) => [...said.matchAll(/\bjobline ((?:[a-z]+)(?: [a-z]+)?)/g)].map(([, words]) => commandOf(words!));
    const inText = [...whole.matchAll(/`(jobline [^`]+)`/g)].flatMap(([, code]) => named(code!));
    const tried = steps.flatMap(({ command }) => named(command));
    expect([...inText, ...tried].filter((name) => !names.includes(name))).to.deep.equal([]);
    const asked = (name: string) => ASKED_BY_PATH.includes(name.split(' ')[0]!);
    expect(names.filter((name) => !tried.includes(name) && !asked(name))).to.have.members(WITHOUT_RUNBOOK);
  });

  it('every option that they use: is one of its command', () => {
    const wrong = steps.flatMap(({ command }) =>
      COMMAND_SET.commands.flatMap(({ name, options }) => {
        const [, rest] = new RegExp(`\\bjobline ${name}(?= |$)([^|)]*)`).exec(command) ?? [];
        const known = Object.keys(options);
        return [...(rest ?? '').replaceAll(/'[^']*'/g, '').matchAll(/ --([a-z-]+)/g)]
          .map(([, option]) => option!)
          .filter((one) => !known.includes(one));
      }),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('every path of the control plane: is one that the running router serves, by that method', async () => {
    const gateway = await new GatewayFixture({ auth: 'keys' }).start();
    const routes = [...(await gateway.served('admin')), ...(await gateway.served('api'))];
    await gateway.stop();
    const serves = (method: string | undefined, path: string) =>
      routes.some((route) => {
        const pattern = route.path.replaceAll(/[.:]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+');
        return (method === undefined || method === route.method) && new RegExp(`^${pattern}$`).test(path);
      });
    const asked = steps.flatMap(({ command }) => [...command.matchAll(/\badmin (GET|POST|PUT|DELETE) ["']?([^\s"')?]+)/g)]);
    const made = asked.map(
      ([, method, path]) => [method!, path!.replace(/^\$(BREAKER|RULE)/, (_, name: string) => OF_LINK[name]!)] as const,
    );
    expect(made).to.have.length.above(40);
    expect(made.filter(([method, path]) => !serves(method, path))).to.deep.equal([]);
    const inText = [...whole.matchAll(/`(?:(GET|POST|PUT|DELETE) )?(\/(?:admin\/)?v1\/[^`?]+)/g)];
    expect(inText.filter(([, method, path]) => !serves(method, path!)).map(([said]) => said)).to.deep.equal([]);
  });

  it('every environment variable and every metric: exists', () => {
    const named = [...whole.matchAll(/`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`/g)].map(([, name]) => name!);
    expect(named).to.have.length.above(10);
    expect(named.filter((name) => !(name in VARIABLES) && !OTHER_VARIABLES.includes(name))).to.deep.equal([]);
    const metrics = [...whole.matchAll(/\bjobline_[a-z_]+/g)].map(([name]) => name);
    expect(metrics).to.have.length.above(10);
    expect(metrics.filter((name) => !(name in METRICS))).to.deep.equal([]);
  });

  it('every variable of a block: is set before, in hand, or one that was set before all', () => {
    const given = ['JOBLINE_API_KEY', 'JOB', 'TYPE', 'BAD_TYPE', 'WORKER'];
    for (const block of blocks.filter(({ language }) => language === 'sh')) {
      const known = [...given];
      for (const { command } of runbookSteps(block)) {
        const used = [...command.matchAll(/\$\{?([A-Z_]+)/g)].map(([, name]) => name!);
        expect(
          used.filter((name) => !known.includes(name)),
          command,
        ).to.deep.equal([]);
        known.push(...[...command.matchAll(/^([A-Z]+)=/g)].map(([, name]) => name!));
      }
    }
  });
});

describe('how runbooks are tried', () => {
  let folder: string;
  let session: ShellSession;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'jobline-shell-'));
    session = new ShellSession(folder, { PATH: process.env['PATH'] ?? '' });
  });
  after(() => {
    session.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const stepsOf = (block: string) => runbookSteps(runbookSections(`## A\n\n\`\`\`sh\n${block}\n\`\`\`\n`)[0]!.blocks[0]!);
  const outcome = async (block: string): Promise<string> => {
    try {
      for (const step of stepsOf(block)) await session.hold(step);
      return 'well';
    } catch (error) {
      return (error as Error).message;
    }
  };

  for (const [what, block] of [
    ['a value of an earlier command, a word of its output', 'X=$(echo seen)\necho "$X"\n#> seen'],
    ['another exit code that it says', '(exit 3)\n#> exit 3'],
    ['a command of several lines', "echo 'one\ntwo'\n#> two"],
    ['what comes at the second look', 'echo x >> looked; cat looked | tr -d "\\n"\n#> within 10 s: xx'],
    ['the functions that are pasted first', `${runbookPreamble()}\necho '{"a": {"b_id": "0193-x"}, "b_id": "y"}' | value b_id\n#> 0193-x`],
  ] as const) {
    it(`${what}: is accepted`, async () => {
      expect(await outcome(block)).to.equal('well');
    });
  }

  for (const [what, block, said] of [
    ['a command that there is not', 'joblin stages', 'line 4: joblin stages\nended with 127, not 0'],
    ['a wrong exit code', '(exit 1)', 'ended with 1, not 0'],
    ['an exit code that does not come', 'true\n#> exit 1', 'ended with 0, not 1'],
    ['words that are missing', 'echo one\n#> one\n#> two', 'its output does not contain: two'],
    ['words that do not come in time', 'echo one\n#> within 1 s: two', 'its output does not contain: two'],
    ['an expectation of nothing', '#> one', 'line 4: #> one stands behind no command'],
    ['a quote that stays open', "echo 'one", 'line 4: a command of the block does not end'],
    ['what is no shell', 'fi', 'ended with'],
  ] as const) {
    it(`${what}: is found`, async () => {
      expect(await outcome(block)).to.contain(said);
    });
  }
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { scheduleOf } from '../../../services/scheduler/schedule.ts';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { promqlProblems } from '../../support/promql.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

const textOf = (path: string) => readFileSync(join(projectRoot(), path), 'utf8');
const { groups } = parse(textOf('deploy/monitoring/alerts.yml')) as { groups: readonly { rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const slo = textOf('docs/slo.md');

describe('deploy/monitoring/alerts.yml', () => {
  for (const { alert, expr } of rules) {
    it(`${alert}: asks for metrics and labels that there are`, () => {
      expect(promqlProblems(expr)).to.deep.equal([]);
    });
  }

  it('each alert: has a name of its own, a severity and a sentence, and stands in docs/slo.md with what to do', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).to.equal(rules.length);
    for (const { alert, labels, annotations, for: duration = '1m', ...rest } of rules) {
      expect(Object.keys(rest)).to.deep.equal(['expr']);
      expect(labels.severity).to.match(/^(page|ticket)$/);
      expect(duration).to.match(/^\d+m$/);
      expect(annotations.summary.length).to.be.above(10);
      expect(slo).to.match(new RegExp(`^\\| ${labels.severity}: \`${alert}\` \\|`, 'm'));
    }
    const named = [...slo.matchAll(/^\| (?:page|ticket): `(\w+)` \|/gm)].map(([, name]) => name);
    expect(named).to.have.members(rules.map(({ alert }) => alert));
  });

  it('tasks that alerts name: are lines of the schedule', () => {
    const names = scheduleOf({ rerunFailedAfterMinutes: 1, rerunFailedMaxRuns: 1, nightlyRerunCron: '0 3 * * *' }).map(({ name }) => name);
    const tasks = rules.flatMap(({ expr }) => [...expr.matchAll(/task="([^"]+)"/g)].map(([, task]) => task!));
    expect(tasks).to.have.length.above(0);
    expect(names).to.include.members(tasks);
  });
});

describe('PromQL in docs/slo.md', () => {
  const blocks = [...slo.matchAll(/```promql\n([\s\S]*?)```/g)].map(([, text]) => text!);

  it('every block: asks for metrics and labels that there are', () => {
    expect(blocks).to.have.length.above(3);
    for (const block of blocks) for (const query of block.split('\n\n')) expect(promqlProblems(query), query).to.deep.equal([]);
  });
});

describe('deploy/monitoring/prometheus.yml', () => {
  it('the names to look up: are the services, on the port that docker-compose.yml gives them', () => {
    const { scrape_configs, rule_files } = parse(textOf('deploy/monitoring/prometheus.yml')) as {
      scrape_configs: readonly { dns_sd_configs: readonly { names: readonly string[]; port: number }[] }[];
      rule_files: readonly string[];
    };
    const [{ names, port }] = scrape_configs[0]!.dns_sd_configs as [{ names: readonly string[]; port: number }];
    const services = readdirSync(join(projectRoot(), 'services')).filter((name) => name !== 'cli');
    expect(names).to.have.members(services);
    const compose = parse(textOf('docker-compose.yml'), { merge: true }) as {
      services: Record<string, { environment: Record<string, string> }>;
    };
    for (const name of names) {
      expect(compose.services[name]!.environment).to.include({ HEALTH_HOST: '0.0.0.0', HEALTH_PORT: String(port) });
    }
    expect(rule_files).to.deep.equal(['alerts.yml']);
  });
});

describe('promqlProblems', () => {
  for (const [what, query, problem] of [
    ['a bracket too few', 'sum(up', 'cannot be read'],
    ['a metric that nobody serves', 'rate(jobline_nothing_total[5m])', 'there is no metric jobline_nothing_total'],
    ['a label that the metric does not have', 'jobline_jobs{queue="p1"}', 'jobline_jobs has no label queue'],
    ['a grouping by a label that none has', 'sum by (queue) (jobline_jobs)', 'no metric of it has the label queue'],
    ['a histogram without its part', 'jobline_insert_batch_jobs', 'there is no metric jobline_insert_batch_jobs'],
  ] as const) {
    it(`${what}: is found`, () => {
      expect(promqlProblems(query).join()).to.contain(problem);
    });
  }
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { accountsOf } from '../../../../deploy/accounts/accounts.ts';
import { EVENTS_EXCHANGE, policiesFor, STAGES_EXCHANGE, type Topology, topologyOf } from '../../../../shared/rabbit/topology.ts';
import { projectRoot } from '../../../../shared/runtime/project-root.ts';

const STAGES = ['p1', 'p2'];
/** Servers whose policies are compared: the first of each kind. */
const VERSIONS = [
  [3, 10],
  [3, 12],
  [4, 0],
] as const;
const MODES = {
  'per-stage': topologyOf({ stageNames: STAGES, mode: 'per-stage' }),
  single: topologyOf({ stageNames: STAGES, mode: 'single' }),
};

type Row = readonly string[];

/** Rows of both modes; one that both have is said once. */
function ofBothModes(rowsOf: (topology: Topology) => readonly Row[]): Row[] {
  const modes = new Map<string, { row: Row; modes: string[] }>();
  for (const [mode, topology] of Object.entries(MODES))
    for (const row of rowsOf(topology)) {
      const key = JSON.stringify(row);
      modes.set(key, { row, modes: [...(modes.get(key)?.modes ?? []), mode] });
    }
  return [...modes.values()].map((one) => [...one.row, one.modes.length === 2 ? 'both' : one.modes[0]!]);
}

function keyOf(exchange: string): string {
  if (exchange === STAGES_EXCHANGE) return code('stage.<stage>.<lane>.<type>');
  return exchange === EVENTS_EXCHANGE ? code('job.<type>.<event>') : 'as it was';
}

const TABLES: Readonly<Record<string, () => readonly Row[]>> = {
  exchanges: () => ofBothModes(({ exchanges }) => exchanges.map(({ name, type }) => [code(name), type, keyOf(name)])),
  queues: () =>
    ofBothModes(({ stageBindings, deadLetterBindings, queueClasses }) =>
      [...stageBindings, ...deadLetterBindings].map(({ queue, exchange, routingKey }) => {
        const { policy } = queueClasses.find(({ pattern }) => new RegExp(pattern).test(queue))!;
        return [code(queue), code(exchange), routingKey ? code(routingKey) : '', code(policy)];
      }),
    ),
  policies: policyRows,
  users: () =>
    accountsOf(STAGES).map(({ name, broker }) => [code(name), broker.tags, ...[broker.configure, broker.write, broker.read].map(code)]),
};

/** Of the class of stage p1; the other stages' differ in the name alone. */
function policyRows(): Row[] {
  const first = new Map<string, Row>();
  for (const version of VERSIONS)
    for (const { name, pattern, definition } of policiesFor(MODES['per-stage'], version).filter(({ name: policy }) =>
      policy.startsWith('jobline.p1'),
    ))
      for (const [key, value] of Object.entries(definition)) {
        const row = [code(name), code(pattern), code(key), code(String(value))];
        if (!first.has(row.join())) first.set(row.join(), [...row, version === VERSIONS[0] ? 'all' : version.join('.')]);
      }
  return [...first.values()].sort((one, other) => one[0]!.localeCompare(other[0]!));
}

function code(text: string): string {
  return `\`${text}\``;
}

/** The page with its tables made anew: what stands between header and end mark. */
function renewed(page: string): string {
  return page.replace(/(<!-- table: (\w+) -->\n\|.*\n\|.*\n)[\s\S]*?(<!-- end -->)/g, (_, head: string, name: string, end: string) => {
    const rows = TABLES[name]!().map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`);
    return head + rows.join('') + end;
  });
}

describe('docs/topology.md', () => {
  const path = join(projectRoot(), 'docs/topology.md');

  it('its tables, equal those made from the topology and the accounts', () => {
    if (process.env['WRITE_PAGES'] === '1') writeFileSync(path, renewed(readFileSync(path, 'utf8')));
    const page = readFileSync(path, 'utf8');
    expect(page, 'docs/topology.md is out of date: run this test with WRITE_PAGES=1').to.equal(renewed(page));
  });

  it('the page, has every table', () => {
    const page = readFileSync(path, 'utf8');
    for (const name of Object.keys(TABLES)) expect(page).to.include(`<!-- table: ${name} -->\n|`);
  });

  it('every header that messages carry, is described', () => {
    const page = readFileSync(path, 'utf8');
    const sources = ['bell-message', 'dead-letters', 'publisher'].map((file) =>
      readFileSync(join(projectRoot(), 'shared/rabbit', `${file}.ts`), 'utf8'),
    );
    const headers = new Set(sources.join('').match(/x-jobline-[a-z-]+/g));
    expect(headers.size).to.be.greaterThan(5);
    for (const header of headers) expect(page).to.include(`\`${header}\``);
  });
});

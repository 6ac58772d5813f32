import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { scheduleOf } from '../../../services/scheduler/schedule.ts';
import type { Transition } from '../../../shared/domain/transition.ts';
import * as transitions from '../../../shared/domain/transitions.ts';
import { projectRoot } from '../../../shared/runtime/project-root.ts';

const page = readFileSync(join(projectRoot(), 'docs/protocol.md'), 'utf8');

interface Row {
  readonly condition: string;
  readonly update: string;
  readonly durability: string;
}

/** Rows of the table of transitions, by name. */
function rows(): ReadonlyMap<string, Row> {
  const section = page.slice(page.indexOf('## Transitions'), page.indexOf('## Dead letters'));
  const lines = section.split('\n').filter((line) => /^\| (T\d+(?:\+\d+)?|relay|janitor|any) \|/.test(line));
  return new Map(
    lines.map((line) => {
      const [, name = '', condition = '', update = '', durability = ''] = line.split(' | ');
      return [name.replaceAll('`', ''), { condition, update, durability }];
    }),
  );
}

const terms = {
  claim: 'c',
  token: 't',
  retainMs: 1,
  afterMs: 1,
  stage: 0,
  gen: 1,
  owner: 'o',
  leaseMs: 1,
  error: { code: 'x', message: 'x', errorClass: 'retry' as const },
};

const { commit, rearm } = transitions;
const all: readonly Transition[] = [
  transitions.mark(['t']),
  transitions.claim(terms),
  transitions.claimCommit({ ...terms, last: false, tookMs: 1 }),
  transitions.claimCommit({ ...terms, last: true, tookMs: 1 }),
  transitions.heartbeat(['c'], 1),
  transitions.progress('c', 0.5),
  commit({ ...terms, last: false }),
  commit({ ...terms, last: true }),
  transitions.fail(terms),
  transitions.dead(terms),
  transitions.leaseLost(terms),
  transitions.crashLoop(terms),
  transitions.cancel(1),
  transitions.release(terms),
  transitions.expire(1),
  transitions.replay(terms),
  transitions.undoReplay(terms),
  rearm(1, 't'),
  rearm(1, 't', 1, 'park'),
  rearm(1, 't', 0, 'audit'),
  transitions.replan({ gen: 1, by: 't', token: 'u', at: new Date(0) }),
  transitions.take('t'),
  transitions.takeDead('t'),
  transitions.markDead(1, 't'),
  transitions.oweDead(1, 't'),
  transitions.postponeEvent(1),
  transitions.markEvent(1),
  transitions.removePart(1, 'payload'),
  transitions.retain(1, 1),
];

/** What the page has to say in the condition of a transition. */
function wordsOfCondition({ when }: Transition): readonly string[] {
  const states = typeof when.state === 'string' ? [when.state] : (when.state ?? []);
  const isGroup = states.length > 3;
  return [
    ...(isGroup ? [] : states.map((state) => `\`${state}\``)),
    ...(isGroup ? [when.active ? 'active' : 'ended'] : []),
    ...(when.claim === undefined ? [] : ['`claim`']),
    ...(when.gen === undefined ? [] : ['`gen`']),
    ...(when.stage === undefined ? [] : ['`stage`']),
    ...(when.leaseExpired ? ['lease over'] : []),
    ...(when.deadlinePassed ? ['`deadlineAt` over'] : []),
    ...(when.evtSeq === undefined ? [] : ['`evt.seq`']),
  ];
}

/** What it has to say in the update. */
function wordsOfUpdate({ set = {}, inc = {} }: Transition): readonly string[] {
  const counted = Object.entries(inc).filter(([field]) => field !== 'evt.seq');
  return [
    ...(typeof set['state'] === 'string' ? [`\`${set['state']}\``] : []),
    ...counted.map(([field, amount]) => `\`${field}\`${amount > 0 ? '+' : ''}${amount}`),
  ];
}

/** A row that says "as `dead`" says what that row says. */
function updateText(name: string, table: ReadonlyMap<string, Row>): string {
  const { update } = table.get(name)!;
  const like = /as `(\w+)`/.exec(update)?.[1];
  return like === undefined ? update : `${update} ${updateText(like, table)}`;
}

describe('docs/protocol.md', () => {
  it('the table of transitions: has a row for each of them, and no other', () => {
    const source = readFileSync(join(projectRoot(), 'shared/domain/transition.ts'), 'utf8');
    const names = [...source.matchAll(/^ {2}\| '(\w+)'/gm)].map((match) => match[1]);
    expect([...new Set(all.map(({ name }) => name))]).to.have.members(names);
    expect([...rows().keys()]).to.have.members(['insert', ...names]);
  });

  for (const transition of all) {
    const { state = transition.name } = transition.set ?? {};
    it(`${transition.name} to ${String(state)}: its row says condition, state, counters and durability as the code has them`, () => {
      const row = rows().get(transition.name)!;
      for (const word of wordsOfCondition(transition)) expect(row.condition).to.include(word);
      for (const word of wordsOfUpdate(transition)) expect(updateText(transition.name, rows())).to.include(word);
      expect(row.durability).to.match(transition.durability === 'majority' ? /^majority/ : /^w:1/);
    });
  }

  it('the table of sweepers: has every task of the schedule, and no other', () => {
    const settings = { rerunFailedAfterMinutes: 30, rerunFailedMaxRuns: 1, nightlyRerunCron: '0 3 * * *', fsckCron: '30 2 * * *' };
    const nightly = { retentionCron: '15 * * * *', statisticsCron: '45 3 * * *' };
    const section = page.slice(page.indexOf('## Sweepers'), page.indexOf('## AMQP rules'));
    const named = [...section.matchAll(/^\| ([a-z-]+) \|/gm)].map((match) => match[1]).filter((name) => name !== 'task' && name !== '---');
    expect(named).to.have.members(scheduleOf({ ...settings, ...nightly }).map(({ name }) => name));
  });
});

import { expect } from 'chai';
import { noteFailure } from '../../../../shared/domain/control/breaker.ts';
import type { GatewayFixture } from './gateway-fixture.ts';

/** Asks the control plane, and holds the answer against its document. */
export type Ask = <T = Record<string, string>>(method: string, path: string, body?: object) => Promise<T>;

const HOST = 'cut.example.com';
const NIGHT = { from: '22:00', until: '06:00', time_zone: 'Europe/Berlin', reason: 'a test' };
const RARE = { cron: '0 0 29 2 *', duration_seconds: 60, reason: 'a test' };

/** Breakers, limits and lanes. */
export async function askControls(ask: Ask, gateway: GatewayFixture): Promise<void> {
  const settings = { failures: 1, windowMs: 1_000, probeMs: 60_000, probeMaxMs: 60_000 };
  const failure = { jobs: 1, successes: 0, reason: 'It answered 503.' };
  await ask('GET', '/admin/v1/breakers');
  await gateway.breakers.swap(noteFailure(undefined, HOST, failure, { settings, now: new Date() }).breaker);
  await ask('GET', '/admin/v1/breakers');
  await ask('POST', `/admin/v1/breakers/${HOST}/open`, { reason: 'a test', for_seconds: 60 });
  await ask('POST', `/admin/v1/breakers/${HOST}/close`, { reason: 'a test' });
  await ask('GET', `/admin/v1/breakers/${HOST}`);

  const { limit_id } = await ask('PUT', '/admin/v1/limits', { tenant: 'acme', key: 'orders', concurrency: 1, reason: 'a test' });
  await ask('PUT', '/admin/v1/limits', { stage: 'p1', starts_per_second: 0.5, reason: 'a test' });
  await ask('GET', '/admin/v1/limits');
  const limit = `/admin/v1/limits/${encodeURIComponent(limit_id!)}`;
  for (const method of ['GET', 'DELETE']) await ask(method, limit);
  await ask('GET', '/admin/v1/lanes');
  await ask('PUT', '/admin/v1/lanes', { weights: { express: 4, standard: 3, bulk: 2, overflow: 1 }, reason: 'a test' });
  await ask('DELETE', '/admin/v1/lanes');
}

/** Windows by calendar, with a job that waits for one. */
export async function askWindows(ask: Ask, gateway: GatewayFixture): Promise<void> {
  await ask('PUT', '/admin/v1/windows/slow', { effect: 'slow', stage: 'p1', per_second: 1, ...RARE });
  await ask('PUT', '/admin/v1/windows/night', { effect: 'off_peak', types: ['report'], per_second: 1, ...NIGHT });
  await ask('PUT', '/admin/v1/windows/night', { effect: 'off_peak', ...NIGHT });
  await gateway.submit({ off_peak: 'night' });
  for (const path of ['windows', 'windows/slow', 'windows/night/forecast', 'upcoming-windows?count=3'])
    await ask('GET', `/admin/v1/${path}`);
  await ask('POST', '/admin/v1/windows/night/skip');
  // At night the one above was the one that is, which is not to come any more.
  const { occurrences } = await ask<{ occurrences: { from: string }[] }>('GET', '/admin/v1/windows/night');
  const from = occurrences.at(-1)!.from;
  await ask('POST', '/admin/v1/windows/night/skip', { from });
  expect(await ask('GET', '/admin/v1/windows/night'))
    .to.have.property('skipped')
    .that.includes(from);
  await ask('DELETE', '/admin/v1/windows/slow');
}

/** The first group of dead letters: marked in every way. */
export async function askGroups(ask: Ask): Promise<void> {
  const { groups } = await ask<{ groups: { group_id: string }[] }>('GET', '/admin/v1/dead-letters/groups?state=all');
  const one = `/admin/v1/dead-letters/groups/${groups[0]!.group_id}`;
  await ask('POST', `${one}/notes`, { text: 'a test' });
  await ask('POST', `${one}/resolve`);
  await ask('POST', `${one}/reopen`, { text: 'a test' });
  await ask('POST', `${one}/ignore`, { until: '2150-01-01T00:00:00Z', text: 'a test' });
  await ask('GET', '/admin/v1/dead-letters/groups?state=ignored');
  await ask('GET', one);
  await ask('POST', `${one}/reopen`);
}

/** A removal of nothing, from its plan on. */
export async function askRemovals(ask: Ask): Promise<void> {
  const { removal_id, digest } = await ask('POST', '/admin/v1/removals', { filter: { tenant: 'nobody' }, note: 'a test' });
  const one = `/admin/v1/removals/${removal_id}`;
  await ask('POST', `${one}/apply`, { digest });
  for (const path of ['/admin/v1/removals', one, `${one}/items?outcome=deleted`]) await ask('GET', path);
  expect(await ask('POST', `${one}/abort`)).to.include({ note: 'a test' });
}

/** A dead letter with another price. */
export async function askEdits(ask: Ask, gateway: GatewayFixture, id: string): Promise<void> {
  const { gen } = await gateway.recordOf(id);
  const patch = [{ op: 'replace', path: '/input/rows/0/price', value: 11 }];
  await ask('POST', `/admin/v1/jobs/${id}/edit-and-replay`, { gen, patch, note: 'a test' });
  await ask('GET', `/admin/v1/jobs/${id}/edits`);
}

/** Rules of retention and of re-runs. */
export async function askRules(ask: Ask): Promise<void> {
  const { rule_id } = await ask('POST', '/admin/v1/retention/rules', { type: 'report', outcome: 'failed', job_days: 9, outputs_days: 0 });
  await ask('GET', '/admin/v1/retention');
  const retained = `/admin/v1/retention/rules/${encodeURIComponent(rule_id!)}`;
  for (const method of ['GET', 'DELETE']) await ask(method, retained);

  const rule = { name: 'a test', after_minutes: 1, max_runs: 1 };
  const made = await ask('POST', '/admin/v1/rerun-rules', rule);
  const one = `/admin/v1/rerun-rules/${made['rule_id']}`;
  await ask('PUT', one, { ...rule, type: 'report', error_class: 'timeout', budget_per_hour: 1 });
  for (const path of ['/admin/v1/rerun-rules', one]) await ask('GET', path);
  await ask('DELETE', one);
}

/** A batch rule and its run. */
export async function askBatches(ask: Ask): Promise<void> {
  const replay = { name: 'a test', query: 'state:failed', action: { kind: 'replay' }, cron: '0 3 * * *' };
  const job = { type: 'report', input: '{{job.input}}', tags: ['x'], deadline_after_seconds: 60, max_attempts: 1 };
  await ask('POST', '/admin/v1/batch-rules:preview', replay);
  const { rule_id } = await ask('POST', '/admin/v1/batch-rules', replay);
  const one = `/admin/v1/batch-rules/${rule_id}`;
  await ask('PUT', one, { ...replay, query: 'state:completed', action: { kind: 'submit', job } });
  await ask('POST', `${one}/disable`);
  await ask('POST', `${one}/enable`);
  for (const path of ['/admin/v1/batch-rules', one, `${one}/preview`]) await ask('GET', path);
  const { run_id } = await ask('POST', `${one}/run`);
  for (const path of ['', `/${run_id}`, `/${run_id}/items?outcome=done`]) await ask('GET', `/admin/v1/batch-runs${path}`);
  await ask('POST', `/admin/v1/batch-runs/${run_id}/abort`);
  await ask('DELETE', one);
}

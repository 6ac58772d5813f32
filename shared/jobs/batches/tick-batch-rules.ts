import type { BatchRule } from '../../domain/batches/batch-rule.ts';
import { dueTicks } from '../../domain/schedule/due-ticks.ts';
import { uuidOfDigest } from '../../domain/schedule/tick-id.ts';
import type { BatchTickDeps } from './batch-deps.ts';

/** The next instant of a rule after `now`. */
function nextInstant({ calendar }: Pick<BatchTickDeps, 'calendar'>, { spec, isEnabled }: BatchRule, now: Date): Pick<BatchRule, 'nextAt'> {
  const nextAt = isEnabled ? calendar.ticksOf(spec.timing).after(now) : undefined;
  return nextAt ? { nextAt } : {};
}

/** The rule with another watermark, next to come what comes after it. */
export function movedTo(deps: Pick<BatchTickDeps, 'calendar'>, { nextAt: _, ...rule }: BatchRule, now: Date): BatchRule {
  const cursorAt = new Date(Math.max(now.getTime(), rule.cursorAt.getTime()));
  return { ...rule, cursorAt, ...nextInstant(deps, rule, cursorAt) };
}

/**
 * Asks for the runs of rules whose instant has come. After an outage the newest instant stands for all. The id of a run is the rule and
 * the instant, and the rule's watermark moves on in one write that compares versions: of any number of schedulers, killed at any time,
 * each instant is run once. @returns runs asked for.
 */
export async function tickBatchRules(deps: BatchTickDeps): Promise<number> {
  const now = await deps.store.serverTime();
  let requested = 0;
  for (const rule of await deps.rules.due(now)) if (await tickRule(deps, rule, now)) requested += 1;
  return requested;
}

async function tickRule({ runs, rules, calendar, fingerprint }: BatchTickDeps, rule: BatchRule, now: Date): Promise<boolean> {
  const { ticks, gap } = dueTicks(calendar.ticksOf(rule.spec.timing), rule.cursorAt, now);
  const at = ticks.at(-1);
  const missed = ticks.length - 1;
  const id = at && uuidOfDigest(fingerprint({ rule: rule.id, at: at.toISOString() }));
  const isNew = at
    ? await runs.request({ id: id!, of: rule.id, spec: rule.spec, by: 'schedule', at, ...((missed > 0 || gap) && { missed }) })
    : false;
  await rules.replace(movedTo({ calendar }, rule, now));
  return isNew;
}

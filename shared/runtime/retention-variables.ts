import { z } from 'zod';
import { OUTCOMES, type Outcome, RETAINED, type RetentionDays, type RetentionRule, ruleIdOf } from '../domain/retention/retention-rule.ts';
import { cronLine, variable } from './variable.ts';

const [JOB, ...PARTS] = RETAINED;
const NAMES = [...RETAINED.map((what) => `${what}=DAYS`)].join(', ');
const PAIR = /^([a-z]+)=([A-Za-z0-9._-]{1,100})$/;

/** One rule, e.g. `type=report outcome=failed job=90 payload=7`; undefined where it is none. */
function ruleOf(text: string): RetentionRule | undefined {
  const pairs = text
    .trim()
    .split(/\s+/)
    .map((word) => PAIR.exec(word));
  if (pairs.some((pair) => pair === null)) return undefined;
  const values = new Map(pairs.map((pair) => [pair![1]!, pair![2]!]));
  if (values.size !== pairs.length) return undefined;
  const outcome = values.get('outcome')?.toUpperCase();
  if (outcome !== undefined && !(OUTCOMES as readonly string[]).includes(outcome)) return undefined;
  const given = [...values].filter(([name]) => name !== 'type' && name !== 'outcome');
  if (given.length === 0 || given.some(([name, days]) => !isDays(name, days))) return undefined;
  const days = Object.fromEntries(given.map(([name, value]) => [name, Number(value)])) as RetentionDays;
  const type = values.get('type');
  return { ...(type !== undefined && { type }), ...(outcome !== undefined && { outcome: outcome as Outcome }), days };
}

function isDays(name: string, text: string): boolean {
  const isKnown = name === JOB || (PARTS as readonly string[]).includes(name);
  const days = Number(text);
  return isKnown && /^\d{1,4}$/.test(text) && days <= 3_650 && days >= (name === JOB ? 1 : 0);
}

/** What of ended jobs goes when (docs/retention.md). */
export const retention = {
  RETENTION_RULES: variable(
    z
      .string()
      .transform((text) => text.split(';').filter((part) => part.trim() !== ''))
      .transform((parts) => parts.map(ruleOf))
      .refine((rules) => rules.every((rule) => rule !== undefined))
      .transform((rules) => rules as readonly RetentionRule[])
      .refine((rules) => new Set(rules.map(ruleIdOf)).size === rules.length),
    {
      type: 'rule list',
      allowed: `rules separated by ";", each for other jobs: type=NAME and outcome=completed, failed, canceled or expired (either may be left out), and one or more of ${NAMES} (0 to 3650, job from 1)`,
      default: '',
    },
    {
      usedBy: ['gateway', 'scheduler'],
      description:
        'How long ended jobs, their payloads, outputs and timelines are kept, e.g. `outcome=completed payload=7; type=report outcome=failed job=90` (docs/retention.md). Rules of the API come before these.',
    },
  ),
  RETENTION_CRON: cronLine({
    default: '15 * * * *',
    usedBy: ['scheduler'],
    description: 'When the rules of retention are applied. Without a rule nothing is done.',
  }),
  STATISTICS_CRON: cronLine({
    default: '45 3 * * *',
    usedBy: ['scheduler'],
    description: 'When the statistics that expected ends fall back to are made anew.',
  }),
};

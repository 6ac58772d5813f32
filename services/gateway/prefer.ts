import type { RequestContext } from './middleware/request-context.ts';

/** A request may ask to be held so long, in seconds; for a connection that is quiet for a minute is closed. */
const LONGEST_WAIT_S = 30;

/** What a client prefers (RFC 7240); what is not known, or malformed, is ignored as the RFC has it. */
export interface Preferences {
  /** Seconds, 1 to 30: how long the answer may be held until the job has ended. */
  readonly waitS?: number;
  readonly isAsync: boolean;
}

/** Reads the Prefer headers; of a preference that stands twice the first counts. */
export function preferencesOf(ctx: RequestContext): Preferences {
  const given = new Map<string, string>();
  for (const part of ctx.get('Prefer').slice(0, 1_000).split(',')) {
    const match = /^\s*([\w-]+)\s*(?:=\s*"?([^";]*)"?\s*)?(?:;.*)?$/.exec(part);
    const name = match?.[1]?.toLowerCase();
    if (name !== undefined && !given.has(name)) given.set(name, match![2] ?? '');
  }
  const wait = /^\d{1,6}$/.test(given.get('wait') ?? '') ? Math.min(Number(given.get('wait')), LONGEST_WAIT_S) : 0;
  return { isAsync: given.has('respond-async'), ...(wait > 0 && { waitS: wait }) };
}

/** Tells which preferences were honoured, and that the answer depends on them. */
export function applied(ctx: RequestContext, preferences: readonly string[]): void {
  // Koa's vary() reads what is there first.
  if (ctx.res.hasHeader('Vary')) ctx.vary('Prefer');
  else ctx.res.setHeader('Vary', 'Prefer');
  if (preferences.length > 0) ctx.set('Preference-Applied', preferences.join(', '));
}

import type { RequestContext } from './middleware/request-context.ts';

/**
 * Whether If-None-Match names this entity tag (weak comparison, RFC 9110 section 13.1.2). Not Koa's `ctx.fresh`: that gives
 * way to `Cache-Control: no-cache`, which fetch adds to every conditional request by itself.
 */
export function isUnchanged(ctx: RequestContext, entityTag: string): boolean {
  const header = ctx.get('If-None-Match');
  if (header === '') return false;
  return header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === entityTag);
}

/** Content-Disposition that saves a file under its name: an ASCII form for old clients and the exact one (RFC 6266, RFC 8187). */
export function attachment(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\]/g, '_');
  const exact = encodeURIComponent(name).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${exact}`;
}

import { z } from 'zod';
import type { AuditEntry } from '../../../shared/domain/audit-entry.ts';
import { tenantName } from '../../../shared/schema/key-request.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { PAGE_PARAMETERS, readQuery } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

const moment = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 date-time with a zone, e.g. 2026-11-24T10:00:00Z' })
  .transform((text) => new Date(text))
  .optional();
const word = z.string().min(1).max(100).optional();

const auditQuery = z.strictObject({
  tenant: tenantName.optional(),
  key_id: word,
  action: word,
  target: word,
  from: moment,
  until: moment,
  ...PAGE_PARAMETERS,
});

function entryView({ id, at, keyId, keyName, traceId, ...facts }: AuditEntry) {
  return { entry_id: id, at: at.toISOString(), key_id: keyId, key_name: keyName, ...facts, trace_id: traceId };
}

/** GET /admin/v1/audit: who changed what, newest first. */
export function auditRoutes(routes: RouteTable, { auditLog, guard }: GatewayDeps): void {
  routes.get('/admin/v1/audit', 'admin', async (ctx) => {
    const { limit, page_token, key_id: keyId, ...wanted } = readQuery(ctx, auditQuery);
    const filter = Object.fromEntries(Object.entries({ ...wanted, keyId }).filter(([, value]) => value !== undefined));
    const { entries, next } = await guard.run(() => auditLog.list(filter, limit, page_token));
    ctx.body = { entries: entries.map(entryView), ...(next !== undefined && { next_page_token: next }) };
  });
}

import type { z } from 'zod';
import type { GroupChange } from '../../../shared/ports/letter-groups.ts';
import { groupIgnoreRequest, groupMarkRequest, groupNoteRequest, groupsQuery } from '../../../shared/schema/letter-group-request.ts';
import { groupView, markedGroup, markedGroups, markGroup } from '../control/letter-group-desk.ts';
import { operatorOf } from '../control/pause-desk.ts';
import { deadLetterFilter } from '../dead-letter-filter.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { readJson, readOptionalJson } from '../json-body.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { checkBody, invalidRequest, readQuery } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

const GROUPS = '/admin/v1/dead-letters/groups';
type GroupContext = RequestContext & { readonly params: Readonly<Record<string, string>> };

/** @throws Problem invalid_request for a moment that has passed. */
function untilOf({ clock }: GatewayDeps, { until }: z.output<typeof groupIgnoreRequest>): Date {
  const at = new Date(until);
  if (at <= clock.now()) throw invalidRequest([{ pointer: '/until', detail: 'must lie in the future' }]);
  return at;
}

/** Groups of dead letters: listed by how they stand, with notes; resolved, ignored for a time, reopened. */
export function letterGroupRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const { guard, limits } = deps;
  const mark = async (ctx: GroupContext, change: Omit<GroupChange, 'by' | 'seen'>): Promise<void> => {
    const group = await guard.run(() => markGroup(deps, ctx.params['group_id'] ?? '', { ...change, by: operatorOf(ctx) }));
    ctx.body = groupView(deps, group);
  };
  const said = (text: string | undefined) => (text === undefined ? {} : { text });
  routes.get(GROUPS, 'admin', async (ctx) => {
    const { limit, state, ...wanted } = readQuery(ctx, groupsQuery);
    const groups = await guard.run(async () => {
      const filter = await deadLetterFilter(deps, { ...wanted, ignored: 'include' });
      return markedGroups(deps, filter, state, limit);
    });
    ctx.body = { groups: groups.map((group) => groupView(deps, group)) };
  });
  routes.get(`${GROUPS}/:group_id`, 'admin', async (ctx) => {
    ctx.body = groupView(deps, await guard.run(() => markedGroup(deps, ctx.params['group_id'] ?? '')));
  });
  routes.post(`${GROUPS}/:group_id/notes`, { scope: 'admin', action: 'dead_letter_group.note' }, async (ctx) => {
    await mark(ctx, { event: 'note', ...checkBody(await readJson(ctx, limits), groupNoteRequest) });
  });
  routes.post(`${GROUPS}/:group_id/resolve`, { scope: 'admin', action: 'dead_letter_group.resolve' }, async (ctx) => {
    await mark(ctx, { event: 'resolved', ...said(checkBody(await readOptionalJson(ctx, limits), groupMarkRequest).text) });
  });
  routes.post(`${GROUPS}/:group_id/reopen`, { scope: 'admin', action: 'dead_letter_group.reopen' }, async (ctx) => {
    await mark(ctx, { event: 'reopened', ...said(checkBody(await readOptionalJson(ctx, limits), groupMarkRequest).text) });
  });
  routes.post(`${GROUPS}/:group_id/ignore`, { scope: 'admin', action: 'dead_letter_group.ignore' }, async (ctx) => {
    const request = checkBody(await readJson(ctx, limits), groupIgnoreRequest);
    await mark(ctx, { event: 'ignored', until: untilOf(deps, request), ...said(request.text) });
  });
}

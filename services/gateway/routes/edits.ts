import { getJob } from '../../../shared/jobs/get-job.ts';
import { editRequest } from '../../../shared/schema/edit-request.ts';
import { editLetter, editView } from '../control/edit-desk.ts';
import { operatorOf } from '../control/pause-desk.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { readJson } from '../json-body.ts';
import { checkBody } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

/** Dead letters replayed with another payload, and what was changed of a job. */
export function editRoutes(routes: RouteTable, deps: GatewayDeps): void {
  routes.post('/admin/v1/jobs/:job_id/edit-and-replay', { scope: 'admin', action: 'dead_letter.edit' }, async (ctx) => {
    const request = checkBody(await readJson(ctx, deps.limits), editRequest);
    const id = ctx.params['job_id'] ?? '';
    const { editId, record, patch } = await editLetter(deps, id, request, operatorOf(ctx));
    ctx.status = 202;
    ctx.set('Location', `/admin/v1/jobs/${id}`);
    ctx.body = {
      job_id: id,
      edit_id: editId,
      run: record.run,
      gen: record.gen,
      patch,
      links: { job: `/admin/v1/jobs/${id}`, edits: `/admin/v1/jobs/${id}/edits` },
    };
  });
  routes.get('/admin/v1/jobs/:job_id/edits', 'admin', async (ctx) => {
    const id = ctx.params['job_id'] ?? '';
    const [record, edits] = await deps.guard.run(() => Promise.all([getJob(deps.store, undefined, id), deps.edits.ofJob(id)]));
    ctx.body = { job_id: id, edits: edits.map((edit) => editView(edit, record)) };
  });
}

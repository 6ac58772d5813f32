import { deleteJob } from '../../../shared/jobs/delete-job.ts';
import { getJob } from '../../../shared/jobs/get-job.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { expectedGen } from '../preconditions.ts';
import type { RouteTable } from '../route-table.ts';

/** DELETE /v1/jobs/{id}: removes a job that has ended. */
export function deleteRoutes(routes: RouteTable, deps: GatewayDeps): void {
  routes.delete('/v1/jobs/:job_id', { scope: 'cancel', action: 'job.delete' }, async (ctx) => {
    await deps.guard.run(async () => {
      const record = await getJob(deps.store, ctx.state.tenant, ctx.params['job_id'] ?? '');
      await expectedGen(deps, ctx, record);
      await deleteJob(deps, record);
    });
    ctx.status = 204;
  });
}

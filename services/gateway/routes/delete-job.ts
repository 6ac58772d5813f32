import type { Router } from '@koa/router';
import { deleteJob } from '../../../shared/jobs/delete-job.ts';
import { getJob } from '../../../shared/jobs/get-job.ts';
import { type GatewayDeps, TENANT } from '../gateway-deps.ts';
import type { RequestState } from '../middleware/request-context.ts';
import { expectedGen } from '../preconditions.ts';

/** DELETE /v1/jobs/{id}: removes a job that has ended. */
export function deleteRoutes(router: Router<RequestState>, deps: GatewayDeps): void {
  router.delete('/v1/jobs/:job_id', async (ctx) => {
    await deps.guard.run(async () => {
      const record = await getJob(deps.store, TENANT, ctx.params['job_id'] ?? '');
      await expectedGen(deps, ctx, record);
      await deleteJob(deps, record);
    });
    ctx.status = 204;
  });
}

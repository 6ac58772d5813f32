import { AdminApi } from '../../services/cli/admin-api.ts';
import type { FsckReportView, FsckRunView } from '../../services/cli/commands/fsck-text.ts';

/** What a run has found, as GET /admin/v1/fsck/{run_id} answers it. */
export type FsckResult = FsckReportView;

/**
 * Runs fsck over a gateway's control plane, as `jobline fsck` does, and waits for its result. A scheduler must be up. With
 * stale letters it takes more than a minute: the janitor is given its round first.
 * @param adminUrl e.g. `TestSystem.system.admin`.
 * @param withinMs default 10 minutes.
 * @throws Error when it could not run, or not within the time.
 */
export async function runFsck(
  adminUrl: string,
  { repair = false, withinMs = 600_000 }: { readonly repair?: boolean; readonly withinMs?: number } = {},
): Promise<FsckResult> {
  const api = new AdminApi(adminUrl);
  const { links } = await api.request<FsckRunView>('POST', '/admin/v1/fsck', { repair });
  for (const untilMs = performance.now() + withinMs; ; ) {
    const run = await api.request<FsckRunView>('GET', links.self);
    if (run.state === 'failed') throw new Error(`fsck could not run: ${run.error}`);
    if (run.report) return run.report;
    if (performance.now() > untilMs) throw new Error(`fsck is still ${run.state} after ${withinMs} ms: ${JSON.stringify(run.progress)}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

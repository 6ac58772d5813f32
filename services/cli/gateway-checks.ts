import { type AdminApi, RefusedError } from './admin-api.ts';
import { ExitCode } from './command.ts';
import type { Finding } from './finding.ts';

const TIMEOUT_MS = 5_000;
const WARNED_MS = 2_000;
const FAILED_MS = 60_000;

interface Seen {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** How far the server's clock is ahead, and how sure that is. */
  readonly clock?: { readonly aheadMs: number; readonly unsureMs: number };
}

async function look(url: string): Promise<Seen> {
  const askedAtMs = Date.now();
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const [answeredAtMs, date] = [Date.now(), Date.parse(response.headers.get('date') ?? '')];
  const body = (await response.json().catch(() => ({}))) as Seen['body'];
  if (Number.isNaN(date)) return { status: response.status, body };
  // The header has no fractions of a second: it was said half a second later, give or take half a second.
  const aheadMs = date + 500 - (askedAtMs + answeredAtMs) / 2;
  return { status: response.status, body, clock: { aheadMs, unsureMs: 500 + (answeredAtMs - askedAtMs) / 2 } };
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || String((cause as { code?: string }).code) : String(cause);
}

function clockOf({ clock }: Seen): readonly Finding[] {
  if (!clock) return [];
  const surelyMs = Math.max(0, Math.abs(clock.aheadMs) - clock.unsureMs);
  const text = `${(surelyMs / 1_000).toFixed(1)} s or more ${clock.aheadMs < 0 ? 'behind' : 'ahead of'} this machine`;
  if (surelyMs < WARNED_MS) return [{ check: 'gateway clock', status: 'ok', message: 'as this machine, to the second' }];
  return [{ check: 'gateway clock', status: surelyMs < FAILED_MS ? 'warning' : 'failed', message: `${text}: set the clocks by NTP.` }];
}

/** What a readiness answer says, also where a 503 has it in a problem. */
function readinessOf({ status, body }: Seen): Pick<Finding, 'status' | 'message'> {
  const health = (body['health'] ?? body) as { status?: string; checks?: Readonly<Record<string, { status: string; message?: string }>> };
  const failed = Object.entries(health.checks ?? {}).filter(([, check]) => check.status === 'failed');
  const why = failed.map(([name, { message = 'failed' }]) => `${name}: ${message}`).join('; ');
  if (status === 200 && failed.length === 0) return { status: 'ok', message: 'ready' };
  if (status === 200) return { status: 'warning', message: `ready, degraded: ${why}` };
  return { status: 'failed', message: `not ready (${status} ${health.status ?? ''}): ${why || 'is this a gateway of Jobline?'}` };
}

async function versionOf(url: string, own: string): Promise<Finding> {
  const { status, body } = await look(`${url}/openapi.json`);
  const version = (body['info'] as { version?: string } | undefined)?.version;
  const check = 'gateway release';
  if (status !== 200 || version === undefined)
    return { check, status: 'failed', message: `${url} has no API of Jobline: is this its API (PORT)?` };
  if (version === own) return { check, status: 'ok', message: version };
  return { check, status: 'warning', message: `${version}, this command line is ${own}: use the same release.` };
}

/** The public API: that it answers, is ready, of which release it is, and its clock. */
export async function checkApi(url: string, ownVersion: string): Promise<readonly Finding[]> {
  try {
    const seen = await look(`${url}/readyz`);
    const { status, message } = readinessOf(seen);
    return [{ check: 'gateway', status, message: `${url}: ${message}` }, await versionOf(url, ownVersion), ...clockOf(seen)];
  } catch (error) {
    return [
      {
        check: 'gateway',
        status: 'failed',
        message: `${url} does not answer: ${reasonOf(error)}. Is it up? --url and JOBLINE_URL name it.`,
      },
    ];
  }
}

function workersFinding(workers: readonly { readonly state: string; readonly stages: readonly string[] }[]): Finding {
  const live = workers.filter(({ state }) => state !== 'silent');
  const stages = [...new Set(live.flatMap((one) => one.stages))];
  const message = `${live.length} live, for ${stages.join(', ') || 'no stage'}`;
  if (live.length === 0) return { check: 'workers', status: 'warning', message: 'None has reported: jobs wait until a worker runs.' };
  return { check: 'workers', status: 'ok', message };
}

/** The control plane: that it answers, lets us in, and which workers there are. */
export async function checkAdmin(url: string, api: AdminApi): Promise<readonly Finding[]> {
  const check = 'control plane';
  try {
    const { status, message } = readinessOf(await look(`${url}/readyz`));
    if (status === 'failed') return [{ check, status, message: `${url}: ${message}` }];
    const { workers } = await api.request<{ workers: { state: string; stages: string[] }[] }>('GET', '/admin/v1/workers');
    return [{ check, status, message: `${url}: ${message}` }, workersFinding(workers)];
  } catch (error) {
    if (error instanceof RefusedError && error.exitCode === ExitCode.denied)
      return [{ check, status: 'warning', message: `${url} wants a key with the scope admin in JOBLINE_API_KEY.` }];
    return [{ check, status: 'failed', message: `${url} does not answer: ${reasonOf(error)}. --admin-url and JOBLINE_ADMIN_URL name it.` }];
  }
}

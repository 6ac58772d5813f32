import type { OutgoingAnswer, OutgoingHttp } from '../../ports/outgoing-http.ts';
import type { OutsideAnswer, OutsideRequest } from '../../ports/outside.ts';
import type { BreakerGuard } from './breaker-guard.ts';
import { dependencyOf } from './dependency-of.ts';

/** Whether the status says of the dependency, not of the request, that it cannot answer now. */
const isFault = (status: number, { faults = [] }: OutsideRequest): boolean =>
  status === 408 || status === 429 || status >= 500 || faults.includes(status);

/** Asks a dependency behind its breaker. */
export async function askOutside(
  { http, guard }: { readonly http: OutgoingHttp; readonly guard: BreakerGuard },
  request: OutsideRequest,
  signal: AbortSignal,
): Promise<OutsideAnswer> {
  const id = dependencyOf(request.url);
  const admission = await guard.admit(id);
  if (admission.kind === 'held') return admission;
  const { probe } = admission;
  const answer = await http.post(request, signal);
  if (answer.kind === 'answered' && !isFault(answer.status, request)) {
    await guard.succeeded(id, request.jobs, admission);
    const { status, mediaType = 'application/octet-stream', body = new Uint8Array(), isCut = false } = answer;
    return { kind: 'answered', status, mediaType, body, isCut };
  }
  // Neither says anything of the dependency: it was not asked to the end.
  if (answer.kind === 'refused' || signal.aborted) {
    if (probe !== undefined) await guard.givenBack(id, probe);
    return answer.kind === 'refused' ? answer : { kind: 'held', afterMs: 0 };
  }
  const fault = faultOf(answer);
  const { charged, afterMs } = await guard.failed(id, { jobs: request.jobs, ...fault, ...(probe !== undefined && { probe }) });
  return { kind: 'failed', ...fault, ...(answer.kind === 'answered' && { status: answer.status }), charged, heldMs: afterMs };
}

function faultOf(answer: Exclude<OutgoingAnswer, { kind: 'refused' }>): { readonly reason: string; readonly retryAfterMs?: number } {
  if (answer.kind === 'failed') return { reason: answer.reason };
  const { status, retryAfterMs } = answer;
  return { reason: `It answered ${status}.`, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

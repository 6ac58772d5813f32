import type { CallbackEvent, NewDelivery } from '../domain/callback.ts';
import type { DeliveryStore } from '../ports/delivery-store.ts';
import type { OwedEvent } from '../ports/job-store.ts';

/**
 * Owes a delivery for each end whose job has a callback for it: durable before the event is marked, so that none is lost, and under
 * the event's id, so that none is there twice. Costs nothing where no job has a callback.
 */
export async function oweCallbacks(deliveries: Pick<DeliveryStore, 'owe'>, events: readonly OwedEvent[]): Promise<void> {
  const owed = events.flatMap((event) => deliveryOf(event) ?? []);
  if (owed.length > 0) await deliveries.owe(owed);
}

function deliveryOf(event: OwedEvent): NewDelivery | undefined {
  const { id: jobId, seq, tenant, state, callback, expireAt } = event;
  const name = state.toLowerCase() as CallbackEvent;
  if (!callback || (callback.events && !callback.events.includes(name))) return undefined;
  return {
    id: `${jobId}:${seq}`,
    jobId,
    tenant,
    url: callback.url,
    host: new URL(callback.url).host,
    event: name,
    body: bodyOf(event, name),
    ...(expireAt && { expireAt }),
  };
}

/** Standard Webhooks: type, timestamp and data, which is short and leads on. */
function bodyOf({ id, type, state, createdAt, doneAt = createdAt, err }: OwedEvent, event: CallbackEvent): string {
  const self = `/v1/jobs/${id}`;
  return JSON.stringify({
    type: `job.${event}`,
    timestamp: doneAt.toISOString(),
    data: {
      job_id: id,
      type,
      status: state,
      created_at: createdAt.toISOString(),
      done_at: doneAt.toISOString(),
      ...(state === 'FAILED' && err && { error: err.message, error_code: err.code }),
      links: { self, status: `${self}/status`, outputs: `${self}/outputs` },
    },
  });
}

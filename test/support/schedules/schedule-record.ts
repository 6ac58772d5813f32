import type { ScheduleRecord, ScheduleSpec } from '../../../shared/domain/schedule/schedule.ts';

/** A schedule that makes a report each hour, with other things said of it. */
export function scheduleSpec(more: Partial<ScheduleSpec> = {}): ScheduleSpec {
  return {
    name: 'hourly',
    timing: { kind: 'cron', expression: '0 * * * *', timeZone: 'UTC' },
    job: { type: 'report', input: { rows: [{ city: 'Wien', $price: 1 }] }, options: { title: 'of {{tick.date}}' }, lane: 'standard' },
    catchUp: { policy: 'skip', max: 100, graceSeconds: 60 },
    overlap: 'allow',
    ...more,
  };
}

/** A record of a schedule that ticks from 2027 on. */
export function scheduleRecord(id: string, more: Partial<ScheduleRecord> = {}): ScheduleRecord {
  const createdAt = new Date('2027-01-01T00:00:00Z');
  return {
    id,
    tenant: 'acme',
    version: 1,
    revision: 1,
    spec: scheduleSpec(),
    requestHash: 'x',
    pauses: [],
    cursorAt: createdAt,
    outbox: [],
    waiting: [],
    nextAt: new Date('2027-01-01T01:00:00Z'),
    createdAt,
    updatedAt: createdAt,
    ...more,
  };
}

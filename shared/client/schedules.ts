import { type ApiConnection, type ApiRequest, pathSegment, readJson } from './api-connection.ts';
import { type CallOptions, checkWhole } from './client-options.ts';
import { JoblineProblem } from './errors.ts';
import { keyHeader, newKey } from './idempotency-key.ts';
import { retrying } from './retrying.ts';
import type { Backfill, ListedSchedule, Schedule, ScheduleFields, SchedulePreview, Tick } from './schedule-types.ts';

/** Options of what makes something: the same key again is the same thing. */
export interface KeyOptions extends CallOptions {
  readonly idempotency_key?: string;
}

/** Options of a preview. */
export interface PreviewOptions extends CallOptions {
  /** Runs, 1 to 200. Default 50. */
  readonly count?: number;
  /** Runs after this moment. Default: now. */
  readonly after?: string;
}

/** Options of the ledger. */
export interface TicksOptions extends CallOptions {
  readonly state?: Tick['state'];
}

const A_PAGE = '200';
const ROOT = '/v1/schedules';

function pathOf(scheduleId: string, action = ''): string {
  return `${ROOT}/${pathSegment('scheduleId', scheduleId)}${action}`;
}

function queryOf(parts: Readonly<Record<string, string | number | undefined>>): string {
  const known = Object.entries(parts).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return known.length === 0 ? '' : `?${new URLSearchParams(known as [string, string][])}`;
}

/** Jobs by cron expression or interval. */
export class Schedules {
  readonly #connection: ApiConnection;

  constructor(connection: ApiConnection) {
    this.#connection = connection;
  }

  /** Makes a schedule; a repeat with the same key is the same one. */
  async create(fields: ScheduleFields, { idempotency_key: key = newKey(), signal }: KeyOptions = {}): Promise<Schedule> {
    return this.#send('POST', ROOT, fields, { signal, headers: keyHeader(key) });
  }

  /** Schedules, newest first; the pages behind it are asked for as they are read. */
  list({ signal }: CallOptions = {}): AsyncGenerator<ListedSchedule, void> {
    return this.#pages<ListedSchedule>('schedules', ROOT, new URLSearchParams({ limit: A_PAGE }), signal);
  }

  async get(scheduleId: string, { signal }: CallOptions = {}): Promise<Schedule> {
    return this.#send('GET', pathOf(scheduleId), undefined, { signal });
  }

  /** The next runs, in words and with what changes of the clocks do. @param of a schedule's id, or the fields of one that is not stored. */
  async preview(of: string | ScheduleFields, { count, after, signal }: PreviewOptions = {}): Promise<SchedulePreview> {
    const query = queryOf({ count: count === undefined ? undefined : checkWhole('count', count, 1, 200), after });
    if (typeof of === 'string') return this.#send('GET', `${pathOf(of, '/preview')}${query}`, undefined, { signal });
    return this.#send('POST', `${ROOT}:preview${query}`, of, { signal });
  }

  /** Its ticks are skipped, until the moment or until it is resumed. */
  async pause(scheduleId: string, { until, signal }: CallOptions & { readonly until?: string } = {}): Promise<Schedule> {
    return this.#send('POST', pathOf(scheduleId, '/pause'), until === undefined ? undefined : { until }, { signal });
  }

  async resume(scheduleId: string, { signal }: CallOptions = {}): Promise<Schedule> {
    return this.#send('POST', pathOf(scheduleId, '/resume'), undefined, { signal });
  }

  /** Makes one job now, whatever the policies say. */
  async run(scheduleId: string, { idempotency_key: key = newKey(), signal }: KeyOptions = {}): Promise<Tick> {
    return this.#send('POST', pathOf(scheduleId, '/run'), undefined, { signal, headers: keyHeader(key) });
  }

  /** Makes the jobs of past instants in `[from, until)` that have none. */
  async backfill(
    scheduleId: string,
    range: { readonly from: string; readonly until: string },
    { signal }: CallOptions = {},
  ): Promise<Backfill> {
    return this.#send('POST', pathOf(scheduleId, '/backfill'), range, { signal });
  }

  /** The ledger, newest instant first. */
  ticks(scheduleId: string, { state, signal }: TicksOptions = {}): AsyncGenerator<Tick, void> {
    const query = new URLSearchParams({ limit: A_PAGE, ...(state && { state }) });
    return this.#pages<Tick>('ticks', pathOf(scheduleId, '/ticks'), query, signal);
  }

  /** Removes a schedule with its ledger; its jobs stay. */
  async delete(scheduleId: string, { signal }: CallOptions = {}): Promise<void> {
    const request: ApiRequest = { method: 'DELETE', path: pathOf(scheduleId) };
    await retrying(this.#connection.settings.retry, signal, async (number) => {
      try {
        await this.#connection.attempt(request, async () => undefined, { signal });
      } catch (error) {
        const isGone = number > 1 && error instanceof JoblineProblem && error.status === 404;
        if (!isGone) throw error;
      }
    });
  }

  async *#pages<T>(what: string, path: string, query: URLSearchParams, signal: AbortSignal | undefined): AsyncGenerator<T, void> {
    for (;;) {
      const page = await this.#send<Record<string, T[]> & { next_page_token?: string }>('GET', `${path}?${query}`, undefined, { signal });
      yield* page[what]!;
      if (page.next_page_token === undefined) return;
      query.set('page_token', page.next_page_token);
    }
  }

  #send<T>(
    method: ApiRequest['method'],
    path: string,
    body: unknown,
    { signal, headers = {} }: CallOptions & { readonly headers?: Readonly<Record<string, string>> },
  ): Promise<T> {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const request: ApiRequest = {
      method,
      path,
      headers: { ...json, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    return this.#connection.call(request, readJson<T>(request), { signal });
  }
}

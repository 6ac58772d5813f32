import type { Bell } from '../domain/job.ts';
import type { JobEvent, OutgoingBell } from '../ports/message-bus.ts';
import { deadLetterExchange, EVENTS_EXCHANGE, STAGES_EXCHANGE, stageRoutingKey } from './topology.ts';

/** The newest message format that this release reads. */
const VERSION = 1;
const MAX_BELLS = 100;
const MAX_BODY_BYTES = 65_536;
const MAX_REASON_CHARS = 1_000;
/** Beyond it `Date` has no time. */
const LAST_DATE_MS = 8.64e15;
const JOB_ID = /^[\w.:-]{1,128}$/;

/** When it was published, in ms on the store's clock; AMQP's own timestamp property has whole seconds of the publisher's. */
export const PUBLISHED_AT = 'x-jobline-published-at';
/** Why a message is a dead letter: a sentence, and a code. */
export const REASON = 'x-jobline-reason';
export const CODE = 'x-jobline-code';
const ATTEMPTS = 'x-jobline-attempts';
/** Queue that a malformed message came from. */
export const FROM_QUEUE = 'x-jobline-queue';

/** A message ready to be published; `headers` is its own, the publisher adds to it. */
export interface Envelope {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly headers: Record<string, unknown>;
  readonly mandatory: boolean;
  /** That no queue is bound is an answer, not a fault. */
  readonly isQuestion?: true;
  readonly properties: {
    readonly contentType?: string;
    readonly contentEncoding?: string;
    readonly messageId?: string;
    readonly correlationId?: string;
    readonly type?: string;
    /** Seconds. */
    readonly timestamp?: number;
  };
}

/** A doorbell as a message (docs/protocol.md, Message). @throws Error when its type cannot be a routing key. */
export function bellEnvelope({ stageName, stage, lane, type, bells, publishedAt, dead }: OutgoingBell, now: Date): Envelope {
  const first = bells[0]!;
  const headers: Record<string, unknown> = publishedAt ? { [PUBLISHED_AT]: publishedAt.getTime() } : {};
  if (dead) {
    headers[REASON] = dead.message.slice(0, MAX_REASON_CHARS);
    headers[CODE] = dead.code;
    headers[ATTEMPTS] = dead.attempts;
  }
  return {
    exchange: dead ? deadLetterExchange(stageName) : STAGES_EXCHANGE,
    routingKey: stageRoutingKey(stageName, lane, type),
    content: bellContent(stage, bells),
    headers,
    mandatory: true,
    properties: {
      contentType: 'application/json',
      messageId: `${first.id}:${stage}:${first.gen}`,
      type: 'doorbell',
      timestamp: Math.floor(now.getTime() / 1_000),
    },
  };
}

export function eventRoutingKey({ type, event }: JobEvent): string {
  return `job.${type}.${event}`;
}

/** The same event, which comes back where nobody follows it. */
export function eventQuestion(event: JobEvent, now: Date): Envelope {
  return { ...eventEnvelope(event, now), mandatory: true, isQuestion: true };
}

/** Not mandatory: an event that nobody follows is done. */
export function eventEnvelope(event: JobEvent, now: Date): Envelope {
  const { id, jobId, tenant, type, at } = event;
  const body = { v: VERSION, id, job_id: jobId, tenant, type, event: event.event, at: at.toISOString() };
  return {
    exchange: EVENTS_EXCHANGE,
    routingKey: eventRoutingKey(event),
    content: Buffer.from(JSON.stringify(body)),
    headers: {},
    mandatory: false,
    properties: { contentType: 'application/json', messageId: id, type: 'event', timestamp: Math.floor(now.getTime() / 1_000) },
  };
}

export function bellContent(stage: number, bells: readonly Bell[]): Buffer {
  return Buffer.from(JSON.stringify({ v: VERSION, stage, jobs: bells.map(({ id, gen }) => ({ id, gen })) }));
}

export type ParsedBells = { readonly stage: number; readonly bells: readonly Bell[] } | MalformedBells;

/** `code`: `malformed`, or `newer_version` for a format of a later release. */
export interface MalformedBells {
  readonly code: 'malformed' | 'newer_version';
  readonly reason: string;
}

/** Reads a doorbell message. Fields it does not know are ignored, so that a release may add some; those it knows are checked. */
export function parseBells(content: Buffer): ParsedBells {
  if (content.length > MAX_BODY_BYTES) return malformed(`the body has ${content.length} bytes, at most ${MAX_BODY_BYTES} are allowed`);
  let body: unknown;
  try {
    body = JSON.parse(content.toString('utf8'));
  } catch {
    return malformed('the body is not JSON');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return malformed('the body is not a JSON object');
  const { v, stage, jobs } = body as { v?: unknown; stage?: unknown; jobs?: unknown };
  if (Number.isInteger(v) && (v as number) > VERSION) {
    return { code: 'newer_version', reason: `the message has version ${v as number}, this release reads up to ${VERSION}` };
  }
  if (v !== VERSION) return malformed(`"v" must be ${VERSION}`);
  if (!isWithin(stage, 0, 99)) return malformed('"stage" must be an integer, 0 to 99');
  if (!Array.isArray(jobs) || jobs.length === 0 || jobs.length > MAX_BELLS)
    return malformed(`"jobs" must be an array of 1 to ${MAX_BELLS}`);
  const bells = new Map<string, Bell>();
  for (const [index, job] of jobs.entries()) {
    const { id, gen } = (job ?? {}) as { id?: unknown; gen?: unknown };
    if (typeof id !== 'string' || !JOB_ID.test(id))
      return malformed(`"jobs[${index}].id" must be a string of 1 to 128 letters, digits or . _ : -`);
    if (!isWithin(gen, 1, Number.MAX_SAFE_INTEGER)) return malformed(`"jobs[${index}].gen" must be an integer from 1`);
    bells.set(`${id} ${gen}`, { id, gen });
  }
  return { stage, bells: [...bells.values()] };
}

export function isMalformed(parsed: ParsedBells): parsed is MalformedBells {
  return 'code' in parsed;
}

/** The time that the header states; absent when it makes no sense. One that lies ahead is the watermark's to leave out. */
export function publishedAtOf(headers: Readonly<Record<string, unknown>>): Date | undefined {
  const ms = Number(headers[PUBLISHED_AT]);
  return Number.isSafeInteger(ms) && ms > 0 && ms < LAST_DATE_MS ? new Date(ms) : undefined;
}

function malformed(reason: string): MalformedBells {
  return { code: 'malformed', reason };
}

function isWithin(value: unknown, min: number, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

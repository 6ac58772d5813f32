import type { Channel, GetMessage } from 'amqplib';
import type { Bell } from '../domain/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeadLetter, Walked, WalkOthers } from '../ports/message-bus.ts';
import { bellContent, type Envelope, isMalformed, parseBells } from './bell-message.ts';
import type { Publisher } from './publisher.ts';

/** Marks the copies that a walk made, so that it knows them when it meets one. */
const WALK = 'x-jobline-walk';

export interface WalkDeps {
  /** Closed by the caller at the end: what was not acknowledged then goes back to the queue. */
  readonly channel: Pick<Channel, 'checkQueue' | 'get' | 'ack'>;
  readonly publisher: Pick<Publisher, 'send'>;
  readonly queue: string;
  readonly clock: Clock;
}

/**
 * Takes letters from a dead-letter queue one by one and lets `visit` decide: kept (published again at the tail, confirmed,
 * then acknowledged) or dropped. Never more than were there at the start, each letter once; a second copy of one is
 * dropped unless `others` says otherwise, what cannot be read is kept, an undecided one too. A letter that the broker refuses to take again (the queue is
 * full) stays unacknowledged until the channel closes, and is then back in its place.
 * @throws Error when it is unknown whether one was put back; it stays where it was.
 */
export async function walkDeadLetters(
  deps: WalkDeps,
  limit: number,
  visit: (letter: DeadLetter) => Promise<void>,
  others: WalkOthers = {},
): Promise<Walked> {
  const walk = deps.clock.uuid();
  const met = new Set<string>();
  const { messageCount } = await deps.channel.checkQueue(deps.queue);
  const most = Math.min(limit, messageCount);
  let putBack = 0;
  const publisher = {
    send: async (envelopes: readonly Envelope[]) => {
      const outcomes = await deps.publisher.send(envelopes);
      putBack += outcomes.filter((outcome) => outcome === 'confirmed').length;
      return outcomes;
    },
  };
  const counting = { ...deps, publisher };
  for (let taken = 0; taken < most; taken += 1) {
    const message = await deps.channel.get(deps.queue);
    if (!message) return { met: taken, putBack, isUndisturbed: false };
    const copy = copyOf(message, walk, deps.queue);
    const isOwnCopy = message.properties.headers?.[WALK] === walk;
    const isSafe = isOwnCopy ? await publishAgain(deps, copy) : await visitBells(counting, copy, met, { visit, others });
    if (isSafe) deps.channel.ack(message);
    // Somebody else took letters meanwhile: what is left in the queue are our own copies, which were counted when they were made.
    if (isOwnCopy) return { met: taken, putBack, isUndisturbed: false };
  }
  return { met: most, putBack, isUndisturbed: true };
}

/** @returns true when the message may be acknowledged: each of its bells is dropped or put back. */
async function visitBells(
  deps: WalkDeps,
  copy: Envelope,
  met: Set<string>,
  { visit, others }: { readonly visit: (letter: DeadLetter) => Promise<void>; readonly others: WalkOthers },
): Promise<boolean> {
  const parsed = parseBells(copy.content);
  if (isMalformed(parsed)) {
    others.unreadable?.();
    return publishAgain(deps, copy);
  }
  const { stage, bells } = parsed;
  let isSafe = true;
  for (const bell of bells) {
    const key = `${bell.id} ${bell.gen} ${stage}`;
    const content = bells.length === 1 ? copy.content : bellContent(stage, [bell]);
    const again = () => publishAgain(deps, { ...copy, content });
    const isCopy = met.has(key);
    met.add(key);
    const isDone = isCopy ? others.copy?.({ stage, bell }) !== 'keep' || (await again()) : await visitOne(stage, bell, again, visit);
    if (!isDone) isSafe = false;
  }
  return isSafe;
}

async function visitOne(
  stage: number,
  bell: Bell,
  again: () => Promise<boolean>,
  visit: (letter: DeadLetter) => Promise<void>,
): Promise<boolean> {
  let kept: Promise<boolean> | undefined;
  let isDropped = false;
  const keep = async (): Promise<void> => {
    kept ??= again();
    await kept;
  };
  const drop = (): void => {
    isDropped = true;
  };
  await visit({ stage, bell, keep, drop });
  if (!isDropped) await keep();
  return (await kept) ?? true;
}

/** To the queue itself, not through its exchange: whatever else listens there has been told once. */
function copyOf({ content, properties }: GetMessage, walk: string, queue: string): Envelope {
  const { contentType, contentEncoding, messageId, correlationId, type, timestamp, headers } = properties;
  const known = Object.entries({ contentType, contentEncoding, messageId, correlationId, type, timestamp }).filter(
    ([, value]) => value !== undefined,
  );
  return {
    exchange: '',
    routingKey: queue,
    content,
    headers: { ...headers, [WALK]: walk },
    mandatory: true,
    properties: Object.fromEntries(known),
  };
}

/** @returns false when the broker refused it: then it is not there twice. */
async function publishAgain({ publisher, queue }: WalkDeps, envelope: Envelope): Promise<boolean> {
  const [outcome] = await publisher.send([envelope]);
  if (outcome === 'confirmed') return true;
  if (outcome === 'refused') return false;
  throw new Error(`A dead letter may not have been put back into ${queue}: ${outcome}`);
}

import { expect } from 'chai';
import { callbackWaitMs } from '../../../../shared/domain/callback.ts';
import { relayEvents } from '../../../../shared/jobs/relay-events.ts';
import { CallbackSender, type CallbackSettings } from '../../../../shared/jobs/send-callbacks.ts';
import type { OutgoingAnswer, OutgoingRequest } from '../../../../shared/ports/outgoing-http.ts';
import { configuredKeys } from '../../../../shared/runtime/signing-keys.ts';
import { WebhookSigner } from '../../../../shared/runtime/webhook-signer.ts';
import { EngineWorld, reject } from '../../../support/engine-world.ts';
import { MemoryDeliveryStore } from '../../../support/memory-delivery-store.ts';
import { silentLogger } from '../../../support/silent-logger.ts';
import { settled } from '../../../support/virtual-clock.ts';

const SETTINGS: CallbackSettings = { maxAttempts: 3, retryBaseMs: 1_000, timeoutMs: 5_000, concurrency: 4, concurrencyPerHost: 2 };
const OK: OutgoingAnswer = { kind: 'answered', status: 204 };
const never = new AbortController().signal;

describe('callbacks', () => {
  let world: EngineWorld;
  let deliveries: MemoryDeliveryStore;
  let sent: OutgoingRequest[];
  let answer: (request: OutgoingRequest) => OutgoingAnswer | Promise<OutgoingAnswer>;
  let lines: { level: string; message: string; fields: object }[];

  beforeEach(() => {
    world = new EngineWorld();
    deliveries = new MemoryDeliveryStore(world);
    sent = [];
    lines = [];
    answer = () => OK;
  });

  function sender(settings: Partial<CallbackSettings> = {}): CallbackSender {
    const http = {
      post: async (request: OutgoingRequest) => {
        sent.push(request);
        return answer(request);
      },
    };
    const signer = new WebhookSigner(configuredKeys(`k:${'s'.repeat(32)}`));
    const { store, clock } = world;
    return new CallbackSender({
      deliveries,
      store,
      http,
      signer,
      clock,
      logger: silentLogger(lines),
      settings: { ...SETTINGS, ...settings },
    });
  }

  const callback = (host = 'a.example.com') => ({ callback: { url: `https://${host}/hook` } });
  const relay = () => relayEvents({ ...world, deliveries }, never);
  const only = async (id: string) => (await deliveries.ofJob('t', id))[0]!;

  /** A job with a callback that has ended and been told of. */
  async function ended(more: object = callback()): Promise<string> {
    const id = await world.submit(more);
    await settled();
    await relay();
    return id;
  }

  it('for jobs that have one, are owed once an end; for others nothing is', async () => {
    await world.worker();
    const [told, silent] = [await world.submit(callback()), await world.submit()];
    await settled();
    world.store.hook = async ({ transition }) => {
      if (transition?.name !== 'mark_event') return;
      world.store.hook = undefined;
      throw new Error('the scheduler dies here');
    };
    await relay().catch(() => undefined);
    await world.clock.advance(60_000);
    await relay();

    expect((await deliveries.ofJob('t', told)).map(({ id, event, state }) => [id, event, state])).to.deep.equal([
      [`${told}:1`, 'completed', 'pending'],
    ]);
    expect(await deliveries.ofJob('t', silent)).to.deep.equal([]);
  });

  it('are owed for the events that were asked for alone', async () => {
    world.script = () => reject;
    await world.worker();
    const completed = await ended({ callback: { url: 'https://a.example.com/', events: ['completed'] } });
    const failed = await ended({ callback: { url: 'https://a.example.com/', events: ['failed', 'expired'] } });

    expect(await deliveries.ofJob('t', completed)).to.deep.equal([]);
    expect((await only(failed)).event).to.equal('failed');
  });

  it('say what happened, signed, and are done with at 2xx', async () => {
    world.script = () => reject;
    await world.worker();
    const id = await ended();
    expect(await sender().run(never)).to.equal(1);
    await settled();

    const [request] = sent;
    const body = JSON.parse(request!.body) as { type: string; timestamp: string; data: Record<string, unknown> };
    expect(request!.url).to.equal('https://a.example.com/hook');
    expect(request!.headers).to.include({ 'webhook-id': `${id}:1`, 'Content-Type': 'application/json' });
    expect(body).to.deep.include({ type: 'job.failed', timestamp: world.record(id).doneAt!.toISOString() });
    expect(body.data).to.deep.include({ job_id: id, type: 'job', status: 'FAILED', error_code: world.record(id).err!.code });
    expect(await only(id)).to.deep.include({ state: 'delivered', attempts: 1 });
    expect((await only(id)).log.map(({ status }) => status)).to.deep.equal([204]);
  });

  it('that are not taken, are repeated under the same id with the same body until they are dead, with the reason', async () => {
    await world.worker();
    const id = await ended();
    answer = () => ({ kind: 'answered', status: 500 });
    const callbacks = sender();
    for (let look = 0; look < 40; look += 1) {
      await callbacks.run(never);
      await settled();
      await world.clock.advance(1_000);
    }

    expect(sent).to.have.length(3);
    expect(new Set(sent.map(({ headers, body }) => `${headers['webhook-id']} ${body}`)).size).to.equal(1);
    expect(new Set(sent.map(({ headers }) => headers['webhook-timestamp'])).size).to.equal(3);
    expect(await only(id)).to.deep.include({ state: 'dead', attempts: 3 });
    expect((await only(id)).log.at(-1)).to.include({ status: 500, reason: 'The receiver answered 500.' });
    expect(lines.map(({ message }) => message)).to.deep.equal(['a callback could not be delivered and is given up']);
    expect(callbacks.counters).to.deep.equal({ delivered: 0, failed: 2, dead: 1 });
  });

  for (const [what, final] of [
    ['a receiver that answers 410', { kind: 'answered', status: 410 }],
    ['an address that may not be asked', { kind: 'refused', reason: 'The host resolves to an address that is private.' }],
  ] as const) {
    it(`to ${what}, are dead at once`, async () => {
      await world.worker();
      const id = await ended();
      answer = () => final;
      await sender().run(never);
      await settled();

      expect(await only(id)).to.include({ state: 'dead', attempts: 1 });
    });
  }

  it('wait as long as the receiver asks, when that is longer', async () => {
    await world.worker();
    const id = await ended();
    answer = () => ({ kind: 'answered', status: 503, retryAfterMs: 90_000 });
    await sender().run(never);
    await settled();

    expect((await only(id)).dueAt!.getTime() - world.clock.now().getTime()).to.equal(90_000);
  });

  it('to a host that hangs, hold up no other, and are bounded in all', async () => {
    await world.worker();
    for (let count = 0; count < 5; count += 1) await world.submit(callback('hangs.example.com'));
    for (let count = 0; count < 3; count += 1) await world.submit(callback(`h${count}.example.com`));
    await settled();
    await relay();
    let open = 0;
    let most = 0;
    const ends: (() => void)[] = [];
    answer = async ({ url }) => {
      most = Math.max(most, ++open);
      if (url.includes('hangs')) await new Promise<void>((resolve) => ends.push(resolve));
      await settled();
      open -= 1;
      return OK;
    };
    const callbacks = sender();
    const running = callbacks.run(never);
    for (let turn = 0; turn < 30; turn += 1) await settled();
    await running;
    for (let turn = 0; turn < 10; turn += 1) await settled();
    await callbacks.run(never);
    for (let turn = 0; turn < 10; turn += 1) await settled();

    expect(sent.filter(({ url }) => url.includes('hangs'))).to.have.length(2);
    expect(sent.filter(({ url }) => !url.includes('hangs'))).to.have.length(3);
    expect(most).to.be.at.most(4);
    for (const end of ends) end();
  });

  it('of a sender that died, are sent by the next one when its lease is over, under the same id', async () => {
    await world.worker();
    const id = await ended();
    answer = () => new Promise(() => {});
    await sender().run(never);
    await settled();
    answer = () => OK;
    expect(await sender().run(never)).to.equal(0);
    await world.clock.advance(21_000);
    expect(await sender().run(never)).to.equal(1);
    await settled();

    expect(sent.map(({ headers }) => headers['webhook-id'])).to.deep.equal([`${id}:1`, `${id}:1`]);
    expect(await only(id)).to.include({ state: 'delivered', attempts: 2 });
  });

  it('of a job that was removed, are not sent', async () => {
    await world.worker();
    const id = await ended();
    world.store.forget(id);
    await sender().run(never);
    await settled();

    expect(sent).to.deep.equal([]);
    expect(await deliveries.ofJob('t', id)).to.deep.equal([]);
  });
});

describe('callbackWaitMs', () => {
  it('grows fourfold up to 12 h, half of it by chance, and follows Retry-After up to a day', () => {
    const waits = [1, 2, 3, 4, 5, 9, 50].map((attempt) => [callbackWaitMs(5_000, attempt, 0), callbackWaitMs(5_000, attempt, 0.999_999)]);

    expect(waits.map(([least]) => least)).to.deep.equal([2_500, 10_000, 40_000, 160_000, 640_000, 21_600_000, 21_600_000]);
    expect(waits.map(([, most]) => Math.ceil(most! / 1_000))).to.deep.equal([5, 20, 80, 320, 1_280, 43_200, 43_200]);
    expect(callbackWaitMs(5_000, 1, 0, 3_600_000)).to.equal(3_600_000);
    expect(callbackWaitMs(5_000, 1, 0, 9e12)).to.equal(86_400_000);
  });
});

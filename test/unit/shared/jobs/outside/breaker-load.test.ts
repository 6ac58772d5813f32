import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Breaker } from '../../../../../shared/domain/control/breaker.ts';
import { JOB_TYPES, Pipelines } from '../../../../../shared/domain/pipeline.ts';
import { DueRelay } from '../../../../../shared/jobs/relay-due.ts';
import { StageEngine } from '../../../../../shared/jobs/stage-engine.ts';
import { JobSubmitter } from '../../../../../shared/jobs/submit-job.ts';
import { wakeAfterBreakers } from '../../../../../shared/jobs/wake-after-breakers.ts';
import { readConfig } from '../../../../../shared/runtime/config.ts';
import { PinnedHttp } from '../../../../../shared/runtime/outgoing/pinned-http.ts';
import { UrlPolicy } from '../../../../../shared/runtime/outgoing/url-policy.ts';
import { outsidePolicy, outsideSites } from '../../../../../shared/runtime/outside-settings.ts';
import { configuredKeys } from '../../../../../shared/runtime/signing-keys.ts';
import { systemClock as clock } from '../../../../../shared/runtime/system-clock.ts';
import { WebhookSigner } from '../../../../../shared/runtime/webhook-signer.ts';
import { IsolatedTaskRunner } from '../../../../../shared/worker/isolated-task-runner.ts';
import { WorkerOutside } from '../../../../../shared/worker/outside/worker-outside.ts';
import { Scratch } from '../../../../../shared/worker/scratch.ts';
import { eventually } from '../../../../support/eventually.ts';
import { MemoryBreakers } from '../../../../support/memory-breakers.ts';
import { MemoryBroker } from '../../../../support/memory-broker.ts';
import { MemoryControls } from '../../../../support/memory-controls.ts';
import { MemoryJobStore } from '../../../../support/memory-job-store.ts';
import { MemoryMessageBus, samePrefetch } from '../../../../support/memory-message-bus.ts';
import { MemoryOutputStore } from '../../../../support/memory-output-store.ts';
import { MemoryPostponedJobs } from '../../../../support/memory-postponed-jobs.ts';
import { type Mood, MoodyEndpoint } from '../../../../support/moody-endpoint.ts';
import { silentLogger } from '../../../../support/silent-logger.ts';

const THRESHOLD = 4;
const logger = silentLogger();
const handler = (service: string) => new URL(`../../../../../services/${service}/handlers/http.ts`, import.meta.url).href;
const outside = { jobs: 1, atOnce: 8 };

/** Workers with the real engine and real requests over stores in memory, and a scheduler that relays and wakes. */
class LoadWorld {
  readonly endpoint = new MoodyEndpoint();
  readonly store = new MemoryJobStore({ clock });
  readonly breakers = new MemoryBreakers({ clock });
  readonly #outputs = new MemoryOutputStore({ clock, jobs: this.store });
  readonly #broker = new MemoryBroker({ stageNames: ['p1', 'p2'] });
  readonly #pipelines = new Pipelines([JOB_TYPES.http]);
  readonly #bus = new MemoryMessageBus({ broker: this.#broker, clock });
  readonly #deps = { store: this.store, bus: this.#bus, clock, pipelines: this.#pipelines, logger };
  readonly #submitter = new JobSubmitter(this.#deps);
  readonly #stopped = new AbortController();
  readonly #loops: Promise<void>[] = [];
  readonly #engines: StageEngine[] = [];
  readonly ids: string[] = [];

  async start(workers: number, folder: string): Promise<void> {
    const base = await this.endpoint.start();
    const endpoints = JSON.stringify({ cut: { p1: `${base}/cut`, timeout_ms: 30_000 } });
    const breaker = { BREAKER_FAILURES: String(THRESHOLD), BREAKER_PROBE_MS: '200', BREAKER_PROBE_MAX_MS: '400' };
    const servers = { RABBITMQ_URL: 'amqp://localhost', MONGODB_URL: 'mongodb://localhost' };
    const config = readConfig('worker', { ...servers, HTTP_ENDPOINTS: endpoints, ...breaker });
    for (let index = 0; index < workers; index += 1) await this.#startWorker(config, base, join(folder, String(index)));
    this.#startScheduler(outsideSites(config));
  }

  async #startWorker(config: ReturnType<typeof readConfig<'worker'>>, base: string, folder: string): Promise<void> {
    const http = new PinnedHttp({ policy: new UrlPolicy(outsidePolicy([base])), timeoutMs: 1_000 });
    const signer = new WebhookSigner(configuredKeys(`a:${'s'.repeat(32)}`));
    const asked = new WorkerOutside({ config, http, breakers: this.breakers, signer, clock, logger });
    const scratch = new Scratch(folder);
    await scratch.start();
    const [p1, p2] = ['p1-worker', 'p2-worker'].map((service) => ({ module: handler(service), isolation: 'inline' as const, outside }));
    const handlers = { http: { p1: p1!, p2: p2! } };
    const runner = new IsolatedTaskRunner({ handlers, outputs: this.#outputs, scratch, clock, logger, slots: 2, outside: asked });
    const bus = new MemoryMessageBus({ broker: this.#broker, clock });
    const engine = new StageEngine({ ...this.#deps, bus, outputs: this.#outputs, runner, owner: folder, leaseMs: 30_000, slots: 2 });
    this.#engines.push(engine);
    await bus.consume({ stages: ['p1', 'p2'], prefetch: samePrefetch(20), onDelivery: (delivery) => engine.accept(delivery) });
    this.#loop(100, async () => {
      const { now, breakers } = await this.breakers.list();
      asked.guard.learn(now, breakers);
    });
  }

  #startScheduler(sites: ReturnType<typeof outsideSites>): void {
    const relay = new DueRelay(this.#deps);
    const controls = new MemoryControls({ clock, breakers: this.breakers });
    const deps = { ...this.#deps, controls, postponed: new MemoryPostponedJobs(this.store), sites };
    this.#loop(100, async () => {
      await wakeAfterBreakers(deps, this.#stopped.signal);
      await relay.run(this.#stopped.signal);
    });
  }

  #loop(everyMs: number, work: () => Promise<void>): void {
    const run = async (): Promise<void> => {
      while (!this.#stopped.signal.aborted) {
        await work();
        await clock.sleep(everyMs, this.#stopped.signal);
      }
    };
    this.#loops.push(run());
  }

  async submit(count: number): Promise<void> {
    const payload = { input: { endpoint: 'cut', payload: 1 }, options: {} };
    const request = { tenant: 't', type: 'http', lane: 'standard', payload, reqHash: 'hash' } as const;
    for (let index = 0; index < count; index += 1) this.ids.push((await this.#submitter.submit(request)).id);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#loops);
    this.endpoint.stop();
    await Promise.all([...this.#engines.map((engine) => engine.drain(0)), this.#submitter.stop()]);
  }

  get records() {
    return this.ids.map((id) => this.store.peek(id)!);
  }

  /** Attempts that failed. */
  get charged(): number {
    return this.records.flatMap(({ log }) => log).filter(({ event }) => event === 'retry' || event === 'dead').length;
  }

  async breaker(): Promise<Breaker | undefined> {
    return (await this.breakers.list()).breakers[0];
  }
}

describe('a dependency under the load of two workers', function () {
  this.timeout(120_000);
  let world: LoadWorld;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jobline-load-'));
    world = new LoadWorld();
    await world.start(2, folder);
  });
  afterEach(async () => {
    await world.stop();
    await rm(folder, { recursive: true });
  });

  for (const mood of ['failing', 'gone'] as const satisfies readonly Mood[]) {
    it(`that is ${mood} until three probes have failed: costs as many attempts as the threshold, and all jobs end once it is well`, async () => {
      await world.submit(20);
      await eventually('it is asked', () => world.endpoint.got.length >= 20, 60_000);
      world.endpoint.mood = mood;
      await world.submit(100);
      await eventually('the breaker opens', async () => (await world.breaker())?.trips === 1, 60_000);
      await world.submit(30);
      await eventually('three probes have failed', async () => (await world.breaker())!.failedProbes >= 3, 60_000);
      expect(world.charged).to.equal(THRESHOLD);
      world.endpoint.mood = 'well';
      await eventually('all jobs have ended', () => world.records.every(({ state }) => state === 'COMPLETED'), 90_000);
      expect(world.charged).to.equal(THRESHOLD);
      expect(new Set(world.endpoint.got.map(({ headers }) => headers['idempotency-key'])).size).to.equal(150);
    });
  }
});

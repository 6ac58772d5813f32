import { Readable } from 'node:stream';
import { AuditWriter } from '../../../../services/gateway/access/audit-writer.ts';
import { type GatewayAccess, gatewayAccess } from '../../../../services/gateway/access/gateway-access.ts';
import { RateLimiter } from '../../../../services/gateway/access/rate-limiter.ts';
import { createAdminApp } from '../../../../services/gateway/admin-app.ts';
import { createApp } from '../../../../services/gateway/app.ts';
import { ConnectionCaps, type ConnectionLimits } from '../../../../services/gateway/bounds/connection-caps.ts';
import { GatewayBounds, type GatewayBoundsLimits } from '../../../../services/gateway/bounds/gateway-bounds.ts';
import type { GatewayDeps, GatewayLimits } from '../../../../services/gateway/gateway-deps.ts';
import { HttpServer, type HttpTimeouts } from '../../../../services/gateway/http-server.ts';
import { JobWaiters } from '../../../../services/gateway/job-waiters.ts';
import { OutputLinks } from '../../../../services/gateway/links/output-links.ts';
import { Live } from '../../../../services/gateway/live/live.ts';
import type { LiveClientLimits } from '../../../../services/gateway/live/live-clients.ts';
import type { Route } from '../../../../services/gateway/route-table.ts';
import { StoreGuard } from '../../../../services/gateway/store-guard.ts';
import { cronerCalendar } from '../../../../shared/cron/croner-calendar.ts';
import { type RateLimit, SCOPES, type Scope } from '../../../../shared/domain/access.ts';
import type { Bound } from '../../../../shared/domain/bounds.ts';
import type { JobError } from '../../../../shared/domain/errors.ts';
import type { Bell, JobPayload, JobRecord } from '../../../../shared/domain/job.ts';
import { JOB_TYPES, Pipelines } from '../../../../shared/domain/pipeline.ts';
import { claim, commit, dead } from '../../../../shared/domain/transitions.ts';
import { BacklogGate } from '../../../../shared/jobs/backlog-gate.ts';
import { EtaKeeper } from '../../../../shared/jobs/eta-keeper.ts';
import { OffPeakPlanner } from '../../../../shared/jobs/off-peak/off-peak-planner.ts';
import type { OutsideSites } from '../../../../shared/jobs/outside/outside-sites.ts';
import { JobReplayer } from '../../../../shared/jobs/replay-job.ts';
import { JobSubmitter } from '../../../../shared/jobs/submit-job.ts';
import { TenantQuota } from '../../../../shared/jobs/tenant-quota.ts';
import type { ApiKeys } from '../../../../shared/ports/api-keys.ts';
import type { JobRemover } from '../../../../shared/ports/job-remover.ts';
import type { JobSearcher } from '../../../../shared/ports/job-searcher.ts';
import type { JobStore, NewJob } from '../../../../shared/ports/job-store.ts';
import type { Logger } from '../../../../shared/ports/logger.ts';
import type { OutputStore } from '../../../../shared/ports/output-store.ts';
import type { Service } from '../../../../shared/ports/service.ts';
import { Health } from '../../../../shared/runtime/health.ts';
import { httpMeter } from '../../../../shared/runtime/http-metrics.ts';
import { ProcessMetrics } from '../../../../shared/runtime/metrics.ts';
import { UrlPolicy } from '../../../../shared/runtime/outgoing/url-policy.ts';
import { configuredKeys } from '../../../../shared/runtime/signing-keys.ts';
import { systemClock as clock } from '../../../../shared/runtime/system-clock.ts';
import { TrustedProxies, type TrustedProxiesOptions } from '../../../../shared/runtime/trusted-proxies.ts';
import { WebhookSigner } from '../../../../shared/runtime/webhook-signer.ts';
import { fingerprint } from '../../../../shared/schema/fingerprint.ts';
import { JobTypeChecks } from '../../../../shared/schema/job-type-checks.ts';
import { MemoryApiKeys } from '../../../support/memory-api-keys.ts';
import { MemoryAuditLog } from '../../../support/memory-audit-log.ts';
import { MemoryBatchRules, MemoryBatchRuns } from '../../../support/memory-batches.ts';
import { MemoryBreakers } from '../../../support/memory-breakers.ts';
import { MemoryBroker } from '../../../support/memory-broker.ts';
import { MemoryControls } from '../../../support/memory-controls.ts';
import { MemoryDeadLetters } from '../../../support/memory-dead-letters.ts';
import { MemoryDeliveryStore } from '../../../support/memory-delivery-store.ts';
import { MemoryFsckRuns } from '../../../support/memory-fsck-runs.ts';
import { MemoryJobChanges } from '../../../support/memory-job-changes.ts';
import { MemoryJobEdits } from '../../../support/memory-job-edits.ts';
import { MemoryJobRemover } from '../../../support/memory-job-remover.ts';
import { MemoryJobSearch } from '../../../support/memory-job-search.ts';
import { MemoryJobStore } from '../../../support/memory-job-store.ts';
import { MemoryLetterGroups } from '../../../support/memory-letter-groups.ts';
import { MemoryMessageBus } from '../../../support/memory-message-bus.ts';
import { MemoryOffPeakJobs } from '../../../support/memory-off-peak-jobs.ts';
import { MemoryOutputStore } from '../../../support/memory-output-store.ts';
import { MemoryQueueFigures } from '../../../support/memory-queue-figures.ts';
import { MemoryRateBuckets } from '../../../support/memory-rate-buckets.ts';
import { MemoryReleaseLines } from '../../../support/memory-release-lines.ts';
import { MemoryReplayOperations } from '../../../support/memory-replay-operations.ts';
import { MemoryRerunRules } from '../../../support/memory-rerun-rules.ts';
import { MemoryRetentionStore } from '../../../support/memory-retention-store.ts';
import { MemoryScheduleStore } from '../../../support/memory-schedule-store.ts';
import { MemoryVersionUses } from '../../../support/memory-version-uses.ts';
import { MemoryWorkerReports } from '../../../support/memory-worker-reports.ts';
import { movableClock } from '../../../support/movable-clock.ts';
import { scheduleRecord } from '../../../support/schedules/schedule-record.ts';
import { silentLogger } from '../../../support/silent-logger.ts';
import { Mishaps, unreliable, unreliableOutputs } from './unreliable.ts';

/** A file that a stage makes. */
export interface TestFile {
  readonly name: string;
  readonly mediaType: string;
  readonly content: string | Buffer;
  readonly audience: 'user' | 'internal';
}

export const ROWS = [
  { city: 'Wien', price: 10 },
  { city: 'Graz', price: 7.5 },
];

export interface FixtureOptions {
  readonly limits?: Partial<GatewayLimits>;
  readonly maxWaitingJobs?: number;
  readonly maxListeners?: number;
  readonly heartbeatMs?: number;
  /** Default: many. */
  readonly bounds?: Partial<GatewayBoundsLimits>;
  readonly listeners?: Partial<LiveClientLimits>;
  readonly held?: { readonly most?: number; readonly mostPerClient?: number };
  /** Default: any number. */
  readonly connections?: ConnectionLimits & { readonly refusedWithinMs?: number };
  /** Default: none. */
  readonly proxies?: TrustedProxiesOptions;
  readonly longestWaitMs?: number;
  readonly timeouts?: Partial<HttpTimeouts>;
  readonly auth?: 'none' | 'keys';
  readonly bootstrapKey?: string;
  /** Of tenants; with `auth: 'keys'` keys may have limits of their own in any case. */
  readonly rateLimit?: RateLimit;
  readonly maxWaitingJobsPerTenant?: number;
  /** Default: one that keeps what it is told in `log`. */
  readonly logger?: Logger;
}

/** The secret of no deployment. */
export const PEPPER = 'pepper-of-the-tests-pepper-of-the-tests';
/** Signs, and one that signed before. */
export const SIGNING = `new:${'n'.repeat(40)},old:${'o'.repeat(40)}`;
/** Entries of the audit log are written so soon. */
const AUDIT_EVERY_MS = 5;

/** What the control plane answered. */
interface OperatorAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** The gateway's two apps on free ports over stores in memory. */
export class GatewayFixture {
  readonly mishaps = new Mishaps();
  readonly broker = new MemoryBroker({ stageNames: ['p1', 'p2'] });
  readonly bus = new MemoryMessageBus({ broker: this.broker, clock });
  readonly store: JobStore;
  readonly outputs: OutputStore;
  readonly changes: MemoryJobChanges;
  readonly live: Live;
  readonly fsckRuns = new MemoryFsckRuns({ clock });
  readonly replays = new MemoryReplayOperations({ clock });
  readonly rerunRules = new MemoryRerunRules({ clock });
  readonly batches = { rules: new MemoryBatchRules(), runs: new MemoryBatchRuns({ clock }) };
  readonly retention = new MemoryRetentionStore({ clock });
  readonly controls = new MemoryControls({ clock });
  readonly breakers = new MemoryBreakers({ clock });
  readonly outside: OutsideSites = {
    endpoints: new Map([['cut', { name: 'cut', urls: { p1: 'https://cut.example.com/p1' }, timeoutMs: 1_000, maxAnswerBytes: 1_000 }]]),
  };
  readonly letterGroups = new MemoryLetterGroups({ clock });
  readonly workers = new MemoryWorkerReports({ clock });
  readonly waiters: JobWaiters;
  readonly health = new Health([]);
  readonly metrics = new ProcessMetrics('gateway');
  readonly meter = httpMeter(this.metrics);
  readonly addresses: TrustedProxies;
  readonly bounds: GatewayBounds;
  readonly connections: ConnectionCaps | undefined;
  readonly log: { level: string; message: string; fields: object }[] = [];
  readonly api: HttpServer;
  readonly admin: HttpServer;
  readonly deps: GatewayDeps;
  readonly keyRecords = new MemoryApiKeys({ clock });
  readonly keys: ApiKeys = unreliable<ApiKeys>(this.keyRecords, this.mishaps);
  readonly auditLog = new MemoryAuditLog();
  readonly rateBuckets = new MemoryRateBuckets({ clock });
  readonly audit: AuditWriter;
  readonly deliveries = new MemoryDeliveryStore({ clock });
  /** By which links expire. */
  readonly linkClock = movableClock();
  readonly access: GatewayAccess;
  readonly schedules = new MemoryScheduleStore({ clock });
  readonly #parts: readonly Pick<Service, 'stop'>[];

  constructor(options: FixtureOptions = {}) {
    const { limits, maxWaitingJobs = 1_000, longestWaitMs = 300, timeouts = {}, auth = 'none', bootstrapKey } = options;
    const { maxListeners = 1_000, heartbeatMs = 10_000 } = options;
    const { logger = silentLogger(this.log), rateLimit, maxWaitingJobsPerTenant: maxWaiting } = options;
    this.addresses = new TrustedProxies(options.proxies ?? { trustedProxies: [], proxyHeader: 'x-forwarded-for' });
    const pipelines = new Pipelines(Object.values(JOB_TYPES));
    const memory = new MemoryJobStore({ clock });
    this.changes = new MemoryJobChanges(memory);
    this.store = unreliable<JobStore>(memory, this.mishaps);
    this.outputs = unreliableOutputs(new MemoryOutputStore({ clock }), this.mishaps);
    const { store, outputs, health, bus } = this;
    const gate = new BacklogGate(store, clock, maxWaitingJobs);
    const backlog = { waiting: async (tenant: string) => (await store.list({ tenant, state: 'QUEUED' }, 200)).jobs.length };
    const quota = maxWaiting === undefined ? undefined : new TenantQuota({ backlog, clock, maxWaiting });
    const eta = new EtaKeeper({ figures: new MemoryQueueFigures(memory), store, pipelines, clock, logger });
    const lines = new MemoryReleaseLines();
    const offPeak = new OffPeakPlanner({ controls: this.controls, lines, calendar: cronerCalendar, pipelines, clock, durations: eta });
    const submitter = new JobSubmitter({ store, bus, clock, pipelines, logger, gate, offPeak, ...(quota && { quota }) });
    const replayer = new JobReplayer({ store, bus, clock, pipelines, logger });
    const guard = new StoreGuard({ clock, logger, longestWaitMs, probe: () => store.serverTime() });
    this.access = gatewayAccess({ keys: this.keys, guard, clock, logger, auth, pepper: PEPPER, bootstrapKey });
    this.audit = new AuditWriter({ log: this.auditLog, clock, logger, writeEveryMs: AUDIT_EVERY_MS });
    const limiter = new RateLimiter({ buckets: this.rateBuckets, guard, clock, ...(rateLimit && { perTenant: rateLimit }) });
    const listening = { maxListeners, heartbeatMs, ...options.listeners };
    this.live = new Live({ store, outputs, pipelines, changes: this.changes, clock, logger, lingerMs: 50 }, listening);
    this.bounds = new GatewayBounds(
      { maxInFlightPerClient: 1_000, maxOpenUploads: 2, maxOpenBatches: 16, ...options.bounds },
      this.addresses,
    );
    const onRefused = (bound: Bound) => this.meter.noteRefused('api', bound);
    this.waiters = new JobWaiters({ store, clock, logger, most: 3, onRefused, ...options.held });
    const types = new JobTypeChecks([], { endpoints: new Set(this.outside.endpoints.keys()), hasModel: false });
    this.deps = {
      access: this.access.access,
      apiKeys: this.access.apiKeys,
      auditLog: this.auditLog,
      audit: this.audit,
      ...((rateLimit || auth === 'keys') && { limiter }),
      store,
      remover: unreliable<JobRemover>(new MemoryJobRemover(memory), this.mishaps),
      search: unreliable<JobSearcher>(new MemoryJobSearch(memory), this.mishaps),
      eta,
      waiters: this.waiters,
      outputs,
      links: new OutputLinks({ keys: configuredKeys(SIGNING), clock: this.linkClock, ttlMinutes: 60 }),
      deliveries: this.deliveries,
      callbackUrls: new UrlPolicy({ allowHttp: false, ports: [[443, 443]], allowHosts: [] }),
      callbackSigner: new WebhookSigner(configuredKeys(SIGNING)),
      fsckRuns: this.fsckRuns,
      deadLetters: new MemoryDeadLetters(memory),
      letterGroups: this.letterGroups,
      edits: new MemoryJobEdits({ clock }),
      versionUses: new MemoryVersionUses(memory),
      replays: this.replays,
      rerunRules: this.rerunRules,
      batches: this.batches,
      retention: { store: this.retention, configured: [{ outcome: 'CANCELED', days: { job: 3 } }] },
      controls: this.controls,
      breakers: this.breakers,
      outside: this.outside,
      windows: this.controls.windows,
      offPeakJobs: new MemoryOffPeakJobs(memory),
      workers: this.workers,
      bus,
      submitter,
      replayer,
      pipelines,
      types,
      schedules: { schedules: this.schedules, store, outputs, submitter, types, calendar: cronerCalendar, fingerprint },
      clock,
      logger,
      health,
      guard,
      live: this.live,
      metrics: this.metrics,
      meter: this.meter,
      limits: { maxBodyBytes: 20_000, maxUploadBytes: 100_000, ...limits },
      bounds: this.bounds,
    };
    const serverOptions = { host: '127.0.0.1', port: 0, shutdownTimeoutMs: 500, logger, timeouts };
    const { connections: connectionLimits } = options;
    this.connections = connectionLimits && new ConnectionCaps({ ...connectionLimits, addresses: this.addresses, onRefused });
    const apiOptions = { ...serverOptions, onRefused, ...(this.connections && { connections: this.connections }) };
    this.api = new HttpServer({ ...apiOptions, name: 'api', handle: createApp(this.deps, '0.0.0').callback() });
    this.admin = new HttpServer({ ...serverOptions, name: 'admin', handle: createAdminApp(this.deps, '0.0.0').callback() });
    this.#parts = [
      this.waiters,
      this.live,
      this.api,
      this.admin,
      this.live.fanOut,
      submitter,
      replayer,
      this.audit,
      ...this.access.services,
      guard,
      eta,
      gate,
    ];
  }

  async start(): Promise<this> {
    for (const service of this.access.services) await service.start();
    await Promise.all([this.audit.start(), this.api.start(), this.admin.start()]);
    this.health.markStarted();
    return this;
  }

  async stop(): Promise<void> {
    this.mishaps.heal();
    for (const part of this.#parts) await part.stop();
  }

  /** Another server, on a port that may be taken. */
  secondOn(port: number): HttpServer {
    return new HttpServer({
      name: 'second',
      handle: () => undefined,
      host: '127.0.0.1',
      port,
      shutdownTimeoutMs: 0,
      logger: silentLogger(),
    });
  }

  /** `METHOD /path/{parameter}` of every route that the public API serves. */
  async routes(): Promise<readonly string[]> {
    return (await this.served('api')).map(({ method, path }) => `${method} ${path}`);
  }

  /** Every route that an app serves, as it says itself. */
  async served(app: 'api' | 'admin'): Promise<readonly Pick<Route, 'method' | 'path' | 'access'>[]> {
    if (app === 'api') return ((await (await this.get('/')).json()) as { paths: Route[] }).paths;
    return ((await (await fetch(this.adminUrl('/'))).json()) as { routes: Route[] }).routes;
  }

  /** A new key. @returns it as its owner holds it. */
  async key(scopes: readonly Scope[] = SCOPES, more: { tenant?: string; expireAt?: Date; rateLimit?: RateLimit } = {}): Promise<string> {
    return (await this.access.apiKeys.issue({ name: `test ${scopes.join(' ')}`, tenant: 'default', scopes, ...more })).text;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.api.port}${path}`;
  }

  /** What tells the command line where the control plane is. */
  get adminEnv(): Record<string, string> {
    return { JOBLINE_ADMIN_URL: this.adminUrl('').replace(/\/$/, '') };
  }

  adminUrl(path: string): string {
    return `http://127.0.0.1:${this.admin.port}${path}`;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.url(path), { headers });
  }

  /** Asks the control plane as JSON. @param path with `/admin/v1`. @returns `{}` for a body that is empty. */
  async operator(method: string, path: string, body?: unknown): Promise<OperatorAnswer> {
    const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const answer = await fetch(this.adminUrl(path), { method, ...json });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) };
  }

  /** POST with a JSON body; a string is sent as it is. */
  post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(path.startsWith('/admin') ? this.adminUrl(path) : this.url(path), {
      method: 'POST',
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    });
  }

  /** Submits a small report. @returns its id. */
  async submit(more: object = {}, headers: Record<string, string> = {}): Promise<string> {
    const answer = await this.post('/v1/jobs', { type: 'report', input: { rows: ROWS }, ...more }, headers);
    const { job_id } = (await answer.json()) as { job_id: string };
    return job_id;
  }

  /** Puts a job of any tenant and type into the store, past the API. */
  async submitAs(tenant: string, type = 'report'): Promise<string> {
    const id = clock.uuid();
    const payload = { input: { rows: ROWS }, options: {} };
    const job: NewJob = { id, tenant, type, payload, reqHash: 'x', pipelineVersion: 1, lane: 'standard', token: clock.uuid() };
    await this.store.insert([job]);
    return id;
  }

  /** Doorbells published so far. */
  bells(): readonly Bell[] {
    return this.bus.published.flatMap(({ message }) => message.bells);
  }

  async jobCount(): Promise<number> {
    return (await this.store.list({}, 200)).jobs.length;
  }

  async recordOf(id: string): Promise<JobRecord> {
    const [record] = await this.store.read([id], 'local');
    return record!;
  }

  async payloadOf(id: string): Promise<JobPayload | undefined> {
    return (await this.store.readPayloads([id])).get(id);
  }

  /** What a worker does at the start of a stage. */
  async claim(id: string): Promise<void> {
    const { stage, gen } = await this.recordOf(id);
    await this.store.claim([id], claim({ stage, gen, claim: clock.uuid(), owner: 'test', leaseMs: 60_000 }));
  }

  async storeOutputs(id: string, files: readonly TestFile[]): Promise<void> {
    const { stage, claim = '' } = await this.recordOf(id);
    const stored = await Promise.all(
      files.map(async ({ name, mediaType, content, audience }) => ({
        ...(await this.outputs.writeFile(name, mediaType, Buffer.from(content))),
        audience,
      })),
    );
    await this.outputs.insertOutputs([{ jobId: id, stage, claim, files: stored }]);
  }

  /** What a worker does at the end of a stage. */
  async commit(id: string, files: readonly TestFile[] = []): Promise<void> {
    await this.storeOutputs(id, files);
    const { stage, claim = '' } = await this.recordOf(id);
    await this.store.apply([id], commit({ claim, last: stage === 1, token: clock.uuid(), retainMs: 86_400_000 }));
  }

  /** A report that ran to its end. */
  async completed(files: readonly TestFile[] = []): Promise<string> {
    const id = await this.submit();
    for (const made of [[], files]) {
      await this.claim(id);
      await this.commit(id, made);
    }
    return id;
  }

  /** The stage failed for good. */
  async die(id: string, error: JobError): Promise<void> {
    const { claim = '' } = await this.recordOf(id);
    await this.store.apply([id], dead({ claim, error, token: clock.uuid(), retainMs: 86_400_000 }));
  }

  async removeFilesOf(id: string): Promise<void> {
    const { results } = await this.recordOf(id);
    const stored = await this.outputs.readOutputs(results.map(({ stage, claim }) => ({ jobId: id, stage, claim })));
    await this.outputs.removeFiles(stored.flatMap(({ files }) => files.map((file) => file.ref)));
  }

  /** A schedule of any tenant, past the API. */
  async scheduleAs(tenant: string): Promise<string> {
    const id = clock.uuid();
    await this.schedules.create(scheduleRecord(id, { tenant }));
    return id;
  }

  async until(condition: () => Promise<boolean>): Promise<void> {
    const endMs = performance.now() + 10_000;
    while (!(await condition())) {
      if (performance.now() > endMs) throw new Error('the condition did not come true within 10 s');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** An upload of any tenant, past the API. */
  async uploadAs(tenant: string): Promise<string> {
    const content = Readable.from([Buffer.from('a,b\n')]);
    const { id } = await this.outputs.createUpload({ tenant, mediaType: 'text/csv', maxBytes: 100 }, content);
    return id;
  }
}

import { API_KEY } from '../domain/api-key.ts';
import { bounds } from './bound-variables.ts';
import { callbacks, signing } from './callback-variables.ts';
import { breakers, outside } from './outside-variables.ts';
import { retention } from './retention-variables.ts';
import {
  amqpUrls,
  choice,
  cronLine,
  filePaths,
  hostName,
  hostNames,
  integer,
  mongodbUrl,
  optionalHttpUrls,
  optionalInteger,
  optionalSecret,
  optionalSecretFile,
  origins,
  port,
  writableFolder,
} from './variable.ts';

const EVERY = ['gateway', 'worker', 'scheduler', 'cli', 'topology'] as const;
const WITH_STORE = ['gateway', 'worker', 'scheduler', 'cli'] as const;
const SERVICES = ['gateway', 'worker', 'scheduler'] as const;
const GIB = 1_073_741_824;

const broker = {
  RABBITMQ_URL: amqpUrls({
    usedBy: EVERY,
    description: 'RabbitMQ. With a list, each connection takes a node by chance, and the next one when that is away.',
  }),
  RABBITMQ_MANAGEMENT_URL: optionalHttpUrls({
    usedBy: ['gateway', 'scheduler', 'cli', 'topology'],
    description:
      'HTTP API of the management plugin, with user and password. Without it queue depths are unknown: the audit then relies on watermarks alone.',
  }),
  TOPOLOGY: choice({
    of: ['per-stage', 'single'],
    default: 'per-stage',
    usedBy: EVERY,
    description: 'One queue a stage and lane, or one queue a lane for all stages (docs/decisions.md).',
  }),
  PUBLISH_IN_FLIGHT_MAX: integer({
    min: 1,
    max: 65_535,
    default: 2_000,
    usedBy: SERVICES,
    description: 'Doorbells published and not yet confirmed, per process.',
  }),
};

const store = {
  MONGODB_URL: mongodbUrl({ usedBy: WITH_STORE, description: 'MongoDB, a replica set (one node is enough).' }),
  RETAIN_DAYS: optionalInteger({
    min: 1,
    max: 3_650,
    unit: 'days',
    usedBy: SERVICES,
    description: 'How long ended jobs and their outputs are kept. Unset: what the job type says (30 days unless stated).',
  }),
  UPLOAD_TTL_HOURS: integer({
    min: 1,
    max: 8_760,
    default: 168,
    unit: 'hours',
    usedBy: ['gateway', 'scheduler'],
    description: 'How long an upload is kept.',
  }),
};

const http = {
  PORT: port({ default: 8080, usedBy: ['gateway'], description: 'Port of the public API.' }),
  HOST: hostName({
    default: '127.0.0.1',
    usedBy: ['gateway'],
    description: 'Address of the public API. Other than loopback, e.g. 0.0.0.0 in a container, only with JOBLINE_AUTH=keys.',
  }),
  ADMIN_PORT: port({ default: 8081, usedBy: ['gateway'], description: 'Port of the control plane (/admin). Never expose it to users.' }),
  ADMIN_HOST: hostName({
    default: '127.0.0.1',
    usedBy: ['gateway'],
    description: 'Address of the control plane. Other than loopback only with JOBLINE_AUTH=keys.',
  }),
  ALLOWED_HOSTS: hostNames({
    usedBy: SERVICES,
    description:
      'Names beside those of loopback by which requests may call the gateway with JOBLINE_AUTH=none, and a HEALTH_PORT on a loopback address; any other Host header is answered 421, so that no web page reaches them by a name of its own (DNS rebinding).',
  }),
  MAX_BODY_BYTES: integer({
    min: 1_024,
    max: 2_097_152,
    default: 1_048_576,
    unit: 'bytes',
    usedBy: ['gateway'],
    description: 'Largest JSON body. Larger input goes through an upload.',
  }),
  MAX_UPLOAD_BYTES: integer({
    min: 1,
    max: 1_024 * GIB,
    default: 5 * GIB,
    unit: 'bytes',
    usedBy: ['gateway'],
    description: 'Largest upload.',
  }),
  MAX_OPEN_UPLOADS: integer({
    min: 1,
    max: 10_000,
    default: 64,
    usedBy: ['gateway'],
    description: 'Uploads received at the same time, per gateway; a further one is answered 503.',
  }),
  WEBSOCKET_ORIGINS: origins({
    usedBy: ['gateway'],
    description: 'Origins, beside the own one, whose pages may open a WebSocket. Browsers do not hold pages back from it by themselves.',
  }),
  CORS_ORIGINS: origins({
    usedBy: ['gateway'],
    description: 'Origins whose pages may use the API from a browser (CORS), WebSocket included. The control plane has none.',
  }),
  MAX_LISTENERS: integer({
    min: 1,
    max: 100_000,
    default: 5_000,
    usedBy: ['gateway'],
    description:
      'Clients that listen to jobs at the same time, per gateway, by server-sent events or WebSocket; a further one is answered 503.',
  }),
  MAX_WAITING_JOBS: integer({
    min: 1,
    max: 1_000_000_000,
    default: 500_000,
    unit: 'jobs',
    usedBy: ['gateway'],
    description: 'Jobs that may wait in all queues; beyond it submissions are answered 503 with Retry-After.',
  }),
};

const PEPPER = { form: /^[\x20-\x7e]{32,500}$/, allowed: '32 to 500 printable ASCII characters' };

const access = {
  JOBLINE_AUTH: choice({
    of: ['none', 'keys'],
    default: 'none',
    usedBy: ['gateway'],
    description:
      'Who may use the API: `none`, whoever reaches it, which must then be a loopback address; `keys`, whoever has an API key (docs/access.md).',
  }),
  JOBLINE_KEY_PEPPER: optionalSecret({
    ...PEPPER,
    usedBy: ['gateway'],
    description:
      'What API keys are hashed with, the same at every gateway. Keep it out of the database and its backups; a change makes all keys void.',
  }),
  JOBLINE_KEY_PEPPER_FILE: optionalSecretFile({
    ...PEPPER,
    usedBy: ['gateway'],
    description: 'In place of JOBLINE_KEY_PEPPER: a file with it.',
  }),
  JOBLINE_BOOTSTRAP_KEY: optionalSecret({
    form: API_KEY,
    allowed: 'a key as `jobline keys generate` prints it',
    usedBy: ['gateway'],
    description: 'The first key: made at start with every scope in tenant `default`, unless there is, or was, one of its id.',
  }),
  AUDIT_RETAIN_DAYS: optionalInteger({
    min: 0,
    max: 3_650,
    unit: 'days, 0: no audit log',
    usedBy: ['gateway'],
    description: 'How long the audit log is kept. Unset: 90 with JOBLINE_AUTH=keys, else 0.',
  }),
  RATE_LIMIT_PER_SECOND: integer({
    min: 0,
    max: 100_000,
    default: 0,
    unit: 'requests/s, 0: no limit',
    usedBy: ['gateway'],
    description: 'Requests of a tenant to the public API, over all gateways; beyond it 429. Costs each request one more look into MongoDB.',
  }),
  RATE_LIMIT_BURST: optionalInteger({
    min: 1,
    max: 1_000_000,
    unit: 'requests',
    usedBy: ['gateway'],
    description: 'Requests of a tenant that may come at once after a pause. Unset: those of one second.',
  }),
  MAX_WAITING_JOBS_PER_TENANT: integer({
    min: 0,
    max: 1_000_000_000,
    default: 0,
    unit: 'jobs, 0: no quota',
    usedBy: ['gateway', 'scheduler'],
    description:
      'Jobs of one tenant that may wait in all queues; beyond it submissions are answered 429 with Retry-After, and ticks of schedules skipped.',
  }),
  TENANT_LANE_SHARE: integer({
    min: 0,
    max: 1_000_000,
    default: 20,
    unit: 'jobs, 0: no share',
    usedBy: ['gateway'],
    description:
      'Jobs of one tenant in one lane that may stand before those of others; beyond it they wait in lane overflow (docs/operations.md). With JOBLINE_AUTH=keys alone.',
  }),
};

const process = {
  LOG_LEVEL: choice({
    of: ['debug', 'info', 'warn', 'error', 'silent'],
    default: 'info',
    usedBy: EVERY,
    description: 'Least severe level that is logged.',
  }),
  HEALTH_PORT: port({ default: 0, usedBy: SERVICES, description: 'Port of /livez, /readyz, /startupz and /metrics of this process.' }),
  HEALTH_HOST: hostName({
    default: '127.0.0.1',
    usedBy: SERVICES,
    description: 'Address of the health endpoints. Kubernetes needs 0.0.0.0.',
  }),
  SHUTDOWN_TIMEOUT_MS: integer({
    min: 0,
    max: 600_000,
    default: 25_000,
    unit: 'ms',
    usedBy: SERVICES,
    description: 'After SIGTERM, work in flight may finish for this long; the rest is handed back.',
  }),
  JOBLINE_JOB_TYPES: filePaths({ usedBy: EVERY, description: 'Modules that define further job types (docs/architecture.md).' }),
};

const worker = {
  LEASE_MS: integer({
    min: 3_000,
    max: 600_000,
    default: 30_000,
    unit: 'ms',
    usedBy: ['worker'],
    description: 'A job whose worker has been silent for this long is given to another.',
  }),
  EARLY_ACK_AFTER_MS: integer({
    min: 1_000,
    max: 86_400_000,
    default: 600_000,
    unit: 'ms',
    usedBy: ['worker'],
    description:
      "A stage that has run this long has its doorbell acknowledged, and its lease alone guards it; what waits behind it is handed back after a tenth of this. Both together must stay below the broker's `consumer_timeout` (30 min).",
  }),
  WORKER_CONCURRENCY: integer({
    min: 1,
    max: 64,
    default: 2,
    usedBy: ['worker'],
    description: 'Isolated handlers at the same time, per worker process.',
  }),
  INLINE_PREFETCH: integer({
    min: 1,
    max: 5_000,
    default: 500,
    unit: 'messages',
    usedBy: ['worker'],
    description:
      'Unacknowledged doorbells held per lane for inline handlers; in lanes bulk and overflow, where a message may carry a hundred jobs, a tenth of it.',
  }),
  SCRATCH_DIR: writableFolder({
    usedBy: ['worker'],
    description:
      "Folder below which each isolated handler gets a private folder, removed afterwards. Default: the system's folder for temporary files.",
  }),
};

const scheduler = {
  RERUN_FAILED_AFTER_MINUTES: integer({
    min: 0,
    max: 10_080,
    default: 30,
    unit: 'minutes, 0: off',
    usedBy: ['scheduler'],
    description: 'A job that failed with an error worth retrying is run again this long after.',
  }),
  RERUN_FAILED_MAX_RUNS: integer({
    min: 1,
    max: 25,
    default: 1,
    usedBy: ['scheduler'],
    description: 'How many automatic re-runs a job gets.',
  }),
  NIGHTLY_RERUN_CRON: cronLine({
    default: '0 3 * * *',
    usedBy: ['scheduler'],
    description: "When yesterday's retryable failures are run again.",
  }),
  FSCK_CRON: cronLine({
    default: '30 2 * * *',
    usedBy: ['scheduler'],
    description: 'When fsck reconciles jobs, queues and dead letters by itself (docs/runbook-fsck.md); it mends nothing then.',
  }),
};

/** Every environment variable that Jobline reads, by concern. Adding one here is all it takes: config, documentation and checks follow. */
export const CONCERNS = {
  broker,
  store,
  http,
  bounds,
  access,
  signing,
  callbacks,
  outside,
  breakers,
  process,
  worker,
  scheduler,
  retention,
};

/** The same without the grouping. */
export const VARIABLES = {
  ...broker,
  ...store,
  ...http,
  ...bounds,
  ...access,
  ...signing,
  ...callbacks,
  ...outside,
  ...breakers,
  ...process,
  ...worker,
  ...scheduler,
  ...retention,
};

export type VariableName = keyof typeof VARIABLES;

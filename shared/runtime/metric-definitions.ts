/** What a process is, for metrics: all worker services (p1-worker, p2-worker, single-worker, ...) are `worker`. */
export type MetricRole = 'gateway' | 'worker' | 'scheduler';

/** One metric: what documentation, exposition and the checks of alerts know of it. */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** What one is, e.g. `jobs`. */
  readonly unit: string;
  readonly servedBy: readonly MetricRole[];
  /** One sentence or two, the HELP text. */
  readonly help: string;
  /** Of histograms: upper bounds, ascending, +Inf left out. */
  readonly buckets?: readonly number[];
}

const ALL = ['gateway', 'worker', 'scheduler'] as const;
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500] as const;
const LAG_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60] as const;
const HANDLER_SECONDS = [0.001, 0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800] as const;

const cluster = <const L extends readonly string[]>(labels: L, unit: string, help: string) =>
  ({ type: 'gauge', labels, unit, servedBy: ['scheduler'], help }) as const;
const counter = <const L extends readonly string[], const R extends readonly MetricRole[]>(
  labels: L,
  unit: string,
  servedBy: R,
  help: string,
) => ({ type: 'counter', labels, unit, servedBy, help }) as const;
const gauge = <const L extends readonly string[], const R extends readonly MetricRole[]>(
  labels: L,
  unit: string,
  servedBy: R,
  help: string,
) => ({ type: 'gauge', labels, unit, servedBy, help }) as const;

/** All jobs, sampled by each scheduler: take the maximum over schedulers, never the sum. */
const CLUSTER = {
  jobline_jobs: cluster(['stage', 'lane', 'state'], 'jobs', 'Jobs that have not ended: queued, running, retry_wait, scheduled.'),
  jobline_oldest_waiting_seconds: cluster(
    ['stage', 'lane'],
    'seconds',
    'How long the job that has been queued longest has waited; with its last backoff. 0 when none is queued.',
  ),
  jobline_backlog_seconds: cluster(
    ['stage', 'lane'],
    'seconds',
    'Jobs queued by the rate at which they leave the queue, of about a minute. +Inf when none leaves; absent while the rate is not known.',
  ),
  jobline_dead_letters: cluster(['stage', 'lane'], 'jobs', 'FAILED jobs that are kept: dead letters, by the truth in the store.'),
  jobline_dead_letters_ignored: cluster(['stage'], 'jobs', 'Of jobline_dead_letters: those of groups that an operator ignores now.'),
  jobline_dead_letter_regressions: cluster([], 'groups', 'Groups of dead letters that were resolved and have failed again.'),
  jobline_bells_owed_lag_seconds: cluster([], 'seconds', 'Outbox lag: how long the doorbell or dead letter owed longest has been due.'),
  jobline_events_owed_lag_seconds: cluster([], 'seconds', 'How long the terminal event owed longest has been due.'),
  jobline_sample_age_seconds: cluster(
    [],
    'seconds',
    'Age of these figures. They are sampled each 5 s, more rarely where that is dear, and vanish when they are older than that by 30 s.',
  ),
  jobline_sample_duration_seconds: cluster([], 'seconds', 'How long the last sample took.'),
  jobline_sample_failures_total: counter([], 'samples', ['scheduler'], 'Samples that failed, mostly because MongoDB was away.'),
} as const;

/** The last run of fsck that came to an end, whoever asked for it. */
const FSCK = {
  jobline_fsck_findings: cluster(['category'], 'findings', 'Findings of the last fsck. Absent until one has ended.'),
  jobline_fsck_errors: cluster([], 'findings', 'Those of level error, mended ones too: the system was not as it must be.'),
  jobline_fsck_unchecked: cluster([], 'parts', 'Parts that the last fsck could not look at: nothing is proven there.'),
  jobline_fsck_ended_timestamp_seconds: cluster([], 'seconds since 1970', 'When the last fsck ended.'),
} as const;

const SCHEDULER = {
  jobline_task_runs_total: counter(['task', 'result'], 'runs', ['scheduler'], 'Runs of scheduled tasks: done, store_unavailable, failed.'),
  jobline_task_items_total: counter(
    ['task'],
    'items',
    ['scheduler'],
    'What scheduled tasks did: bells rung, jobs rescued, bells found lost, letters dropped or owed.',
  ),
  jobline_task_seconds_total: counter(['task'], 'seconds', ['scheduler'], 'Time spent in scheduled tasks.'),
  jobline_callback_attempts_total: counter(
    ['outcome'],
    'attempts',
    ['scheduler'],
    'Attempts to deliver callbacks: delivered, failed (tried again), dead (given up).',
  ),
} as const;

const WORKER = {
  jobline_claims_total: counter([], 'jobs', ['worker'], 'Stages claimed.'),
  jobline_stage_ends_total: counter(
    ['outcome'],
    'stages',
    ['worker'],
    'How stages ended here: committed, retried, dead (letters), released (handed back), fenced (the claim was gone, the result discarded).',
  ),
  jobline_stage_timeouts_total: counter([], 'stages', ['worker'], 'Attempts ended by the timeout of their stage.'),
  jobline_bells_dropped_total: counter(
    ['reason'],
    'doorbells',
    ['worker'],
    'Doorbells with nothing to do: stale (the job has gone on), early (given up after 620 ms; the record owes it).',
  ),
  jobline_bells_parked_total: counter([], 'doorbells', ['worker'], 'Doorbells handed back since they waited behind a long run.'),
  jobline_bells_replayed_total: counter([], 'doorbells', ['worker'], 'Dead letters that an operator moved here, whose jobs were replayed.'),
  jobline_jobs_postponed_total: counter([], 'jobs', ['worker'], 'Jobs claimed and handed back since they are paused.'),
  jobline_breaker_state: gauge(
    ['dependency'],
    '0, 1 or 2',
    ['worker'],
    'Breaker of a host that jobs need, as this worker knows it: 0 closed, 1 half-open, 2 open.',
  ),
  jobline_breaker_trips_total: counter(['dependency'], 'trips', ['worker'], 'Breakers opened by a failure that this worker saw.'),
  jobline_dependency_requests_total: counter(
    ['dependency', 'outcome'],
    'requests',
    ['worker'],
    'Requests to hosts that jobs need: answered, failed (408, 429, 5xx, no answer), held (not sent: the breaker was open).',
  ),
  jobline_summarize_tokens_total: counter(['model', 'kind'], 'tokens', ['worker'], 'Tokens that the model has counted: input, output.'),
  jobline_summarize_cost_total: counter(['model'], 'money', ['worker'], 'What these tokens cost by SUMMARIZE_PRICES.'),
  jobline_stage_paused: gauge(['stage'], '0 or 1', ['worker'], 'Is 1 while the stage is paused as this worker knows it.'),
  jobline_bells_held: gauge([], 'doorbells', ['worker'], 'Doorbells delivered here whose work has not begun.'),
  jobline_bells_held_limit: gauge([], 'messages', ['worker'], 'Prefetch of all lanes: bound of doorbells held and being worked.'),
  jobline_claims_held: gauge([], 'jobs', ['worker'], 'Claims held here, each with a lease.'),
  jobline_handler_slots: gauge([], 'slots', ['worker'], 'Isolated handlers that may run here at once (WORKER_CONCURRENCY).'),
  jobline_handler_slots_busy: gauge([], 'slots', ['worker'], 'Of these, those at work.'),
  jobline_inline_batch_bells: {
    type: 'histogram',
    labels: [],
    unit: 'doorbells',
    servedBy: ['worker'],
    help: 'Doorbells of inline handlers that were worked as one batch.',
    buckets: SIZES,
  },
  jobline_handler_duration_seconds: {
    type: 'histogram',
    labels: ['type', 'stage'],
    unit: 'seconds',
    servedBy: ['worker'],
    help: 'One call of the handlers: of a job that runs by itself, with copying its files; or of a batch of inline ones.',
    buckets: HANDLER_SECONDS,
  },
} as const;

const GATEWAY = {
  jobline_submissions_total: counter(
    ['result'],
    'requests',
    ['gateway'],
    'Submissions by what they were answered: accepted, repeated (a known Idempotency-Key), or the code of the refusal (docs/errors.md).',
  ),
  jobline_gate_jobs_total: counter(['result'], 'jobs', ['gateway'], 'Jobs at the backlog bound: admitted, refused.'),
  jobline_gate_waiting_jobs: gauge(
    [],
    'jobs',
    ['gateway'],
    'Jobs waiting as this gateway reckons: counted each 2 s while any wait, more rarely where that is dear; what came and went since is added.',
  ),
  jobline_gate_waiting_jobs_limit: gauge([], 'jobs', ['gateway'], 'From here on submissions are refused (MAX_WAITING_JOBS).'),
  jobline_gate_return_seconds: gauge(
    [],
    'seconds',
    ['gateway'],
    'For how long those who were refused at the bound will be coming back: Retry-After of the next one. 0 while nobody is awaited.',
  ),
  jobline_inserts_waiting: gauge([], 'jobs', ['gateway'], 'Jobs that wait for an insert to be free: grows when MongoDB is the limit.'),
  jobline_insert_batch_jobs: {
    type: 'histogram',
    labels: [],
    unit: 'jobs',
    servedBy: ['gateway'],
    help: 'Jobs inserted in one write.',
    buckets: SIZES,
  },
  jobline_store_guard_closed: gauge([], '0 or 1', ['gateway'], 'Is 1 while requests are refused at once since MongoDB is away.'),
  jobline_audit_entries_total: counter(
    ['result'],
    'entries',
    ['gateway'],
    'Entries of the audit log: written, dropped (MongoDB was away for so long that 20,000 waited).',
  ),
  jobline_audit_entries_waiting: gauge([], 'entries', ['gateway'], 'Entries of the audit log that are not written yet.'),
  jobline_listeners: gauge(['kind'], 'clients', ['gateway'], 'Clients that listen to jobs now: sse (server-sent events), websocket.'),
  jobline_listeners_limit: gauge([], 'clients', ['gateway'], 'Bound of all of them (MAX_LISTENERS).'),
  jobline_listeners_left_total: counter(
    ['reason'],
    'clients',
    ['gateway'],
    'Clients that listen no more: ended (their job has), left, slow (they did not read), refused (broke the rules), stopped (the gateway did).',
  ),
  jobline_listener_events_total: counter(['kind'], 'events', ['gateway'], 'Events sent to clients that listen.'),
  jobline_listener_coalesced_total: counter(
    ['kind'],
    'jobs',
    ['gateway'],
    'Looks at a job that a later one replaced, since the client had not read what came before. Its steps are told all the same.',
  ),
  jobline_listened_jobs: gauge([], 'jobs', ['gateway'], 'Jobs that somebody listens to here.'),
  jobline_job_changes_open: gauge([], '0 or 1', ['gateway'], 'Is 1 while the changes of jobs are followed, for clients that listen.'),
  jobline_job_changes_total: counter([], 'changes', ['gateway'], 'Changes of jobs heard of, whether somebody listens to the job or not.'),
  jobline_job_changes_gaps_total: counter(
    [],
    'gaps',
    ['gateway'],
    'Times that changes may have been missed and all jobs listened to were read anew: once whenever following begins.',
  ),
  jobline_listener_lag_seconds: {
    type: 'histogram',
    labels: [],
    unit: 'seconds',
    servedBy: ['gateway'],
    help: 'From the write of a change to its being passed on to those who listen.',
    buckets: LAG_SECONDS,
  },
  jobline_eta_ended_total: counter(
    ['result'],
    'predictions',
    ['gateway'],
    'Predictions of a status (eta) whose job has completed since: by_p50, by_p90 (after the p50), later.',
  ),
  jobline_eta_met_ratio: gauge(
    [],
    'share',
    ['gateway'],
    'Of the last 500 of these, the share that completed by the p90 shown: about 0.9 when the predictions are right. Absent until there is one.',
  ),
  jobline_eta_failures_total: counter([], 'samples', ['gateway'], 'Samples of the queues that failed, mostly because MongoDB was away.'),
  jobline_bound_in_use: gauge(
    ['listener', 'bound'],
    'of them',
    ['gateway'],
    'What is under way at a bound of this gateway (docs/http.md, Bounds). Of bounds per address, client or tenant: of the one that has most.',
  ),
  jobline_bound_limit: gauge(['listener', 'bound'], 'of them', ['gateway'], 'The bound itself, as it is configured.'),
  jobline_bound_refusals_total: counter(
    ['listener', 'bound'],
    'requests',
    ['gateway'],
    'What was refused for a bound: requests, connections, and requests that were not held by `Prefer: wait`.',
  ),
  jobline_http_requests_total: counter(['listener', 'method', 'route', 'status'], 'requests', ['gateway'], 'Requests answered.'),
  jobline_http_problems_total: counter(['listener', 'code'], 'requests', ['gateway'], 'Requests answered with a problem (docs/errors.md).'),
  jobline_http_requests_in_flight: gauge(['listener'], 'requests', ['gateway'], 'Requests whose answer is not sent yet.'),
  jobline_http_request_duration_seconds: {
    type: 'histogram',
    labels: ['listener', 'method', 'route'],
    unit: 'seconds',
    servedBy: ['gateway'],
    help: "From a request's headers to the end of its answer.",
    buckets: REQUEST_SECONDS,
  },
} as const;

const BUS = {
  jobline_bus_up: gauge([], '0 or 1', ALL, 'Is 1 while messages can be published: connected, and no alarm is on.'),
  jobline_bus_publishes_total: counter(
    ['outcome'],
    'messages',
    ALL,
    'Messages published: confirmed, returned (no queue is bound), refused (also for want of room), unknown (no answer).',
  ),
  jobline_bus_publishes_in_flight: gauge([], 'messages', ALL, 'Published and not confirmed yet.'),
  jobline_bus_publishes_in_flight_limit: gauge([], 'messages', ALL, 'Bound of these (PUBLISH_IN_FLIGHT_MAX and a tenth for letters).'),
  jobline_bus_publishes_waiting: gauge([], 'messages', ALL, 'Waiting for room in flight.'),
  jobline_bus_deliveries_total: counter(['redelivered'], 'messages', ALL, 'Messages delivered: first (false) or again (true).'),
  jobline_bus_acks_total: counter([], 'messages', ALL, 'Messages acknowledged.'),
  jobline_bus_late_acks_total: counter([], 'messages', ALL, 'Acknowledgements after their channel was gone: these are delivered again.'),
  jobline_bus_malformed_total: counter([], 'messages', ALL, 'Deliveries that cannot be read.'),
  jobline_bus_reconnects_total: counter([], 'connections', ALL, 'Connections made again.'),
  jobline_bus_channel_rebuilds_total: counter([], 'channels', ALL, 'Channels opened again.'),
} as const;

/** By what they are about; the order of docs/metrics.md. */
export const METRIC_CONCERNS = { cluster: CLUSTER, fsck: FSCK, gateway: GATEWAY, worker: WORKER, scheduler: SCHEDULER, bus: BUS } as const;

/** Every metric of our own, by name. */
export const METRICS = { ...CLUSTER, ...FSCK, ...GATEWAY, ...WORKER, ...SCHEDULER, ...BUS } as const satisfies Record<
  string,
  MetricDefinition
>;

export type MetricName = keyof typeof METRICS;
export type HistogramName = { [N in MetricName]: (typeof METRICS)[N]['type'] extends 'histogram' ? N : never }[MetricName];
/** Label names of a metric. */
export type LabelOf<N extends MetricName> = (typeof METRICS)[N]['labels'][number];
/** A value for each label of a metric. */
export type LabelsOf<N extends MetricName> = Readonly<Record<LabelOf<N>, string>>;

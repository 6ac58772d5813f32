import { queuedSince } from '../cluster-sample.ts';
import type { ExplainFacts } from './explain-facts.ts';
import { offPeakWait } from './off-peak-reason.ts';
import type { Evidence, ReasonRule } from './reason.ts';
import { attemptOf, errorText, maxAttemptsOf, moment, processName, span } from './wording.ts';

function queueEvidence({ record, type, queue, broker, position }: ExplainFacts): Evidence {
  return {
    stage: type.stages[record.stage]!.name,
    lane: record.lane,
    queue,
    ...(position !== undefined && { queuePosition: position }),
    ...(broker && { messagesReady: broker.ready, messagesUnacked: broker.unacked }),
    ...(broker?.consumers !== undefined && { consumers: broker.consumers }),
  };
}

/** The broker knows best; where it cannot be asked, what the workers report of themselves counts. */
function hasNoConsumer({ consumers, broker }: ExplainFacts): boolean {
  return broker?.consumers === undefined ? consumers?.live === 0 : broker.consumers === 0;
}

/** Since when its bell has been owed without being rung; undefined while that is in order. */
function bellOverdueSince({ record, now }: ExplainFacts): Date | undefined {
  const due = record.pub?.due;
  return due && due <= now ? due : undefined;
}

function failure({ record: { err, attempt } }: ExplainFacts): string {
  return err ? `Attempt ${attempt} failed: ${errorText(err)}.` : `Attempt ${attempt} did not succeed.`;
}

function errorEvidence(facts: ExplainFacts): Evidence {
  const { err, attempt } = facts.record;
  const maxAttempts = maxAttemptsOf(facts);
  return {
    attempt,
    ...(maxAttempts !== undefined && { maxAttempts }),
    ...(err && { errorCode: err.code, errorClass: err.errorClass, errorMessage: err.message }),
  };
}

/** Why a job that has not been claimed waits; what stands in its way comes before what is in order. */
export const WAITING_REASONS: readonly ReasonRule[] = [
  {
    code: 'no_live_consumer',
    states: ['QUEUED'],
    when: 'no worker consumes its queue, by the broker or by what workers report every 5 s',
    explain: (facts) => {
      if (facts.pause || !hasNoConsumer(facts)) return undefined;
      const { record, now, queue, consumers } = facts;
      const process = processName(record.stage);
      const lastSeenAt = consumers?.lastSeenAt;
      const seen = lastSeenAt ? `the last one reported at ${moment(lastSeenAt)}` : 'none has reported for an hour';
      return {
        message: `The job waits for ${process}, and no worker consumes its queue ${queue}: ${seen}.`,
        since: queuedSince(record, now),
        next: `It starts when a worker of ${process} is there.`,
        evidence: { ...queueEvidence(facts), consumers: 0, ...(lastSeenAt && { lastSeenAt }) },
      };
    },
  },
  {
    code: 'broker_away',
    states: ['QUEUED', 'RETRY_WAIT', 'SCHEDULED'],
    when: 'its doorbell is owed, and this gateway cannot publish to RabbitMQ',
    explain: (facts) => {
      const { record, canPublish, queue } = facts;
      const due = record.pub?.due;
      const isOwed = record.state === 'QUEUED' ? due !== undefined : bellOverdueSince(facts) !== undefined;
      if (canPublish || !due || !isOwed) return undefined;
      return {
        message: `The job waits for RabbitMQ, which takes no messages at present: its doorbell for ${queue} is owed.`,
        since: queuedSince(record, facts.now),
        next: 'A scheduler rings it when RabbitMQ is back; nothing is lost meanwhile.',
        evidence: queueEvidence(facts),
      };
    },
  },
  {
    code: 'doorbell_overdue',
    states: ['QUEUED', 'RETRY_WAIT', 'SCHEDULED'],
    when: 'its doorbell has been due for more than 5 s and was not rung: a scheduler is slow or none runs',
    explain: (facts) => {
      const since = bellOverdueSince(facts);
      const overMs = since ? facts.now.getTime() - since.getTime() : 0;
      if (!since || overMs < 5_000) return undefined;
      return {
        message: `The job's doorbell has been due since ${moment(since)}, for ${span(overMs)}, and no scheduler has rung it.`,
        since,
        next: 'The next scheduler that runs rings it.',
        evidence: queueEvidence(facts),
      };
    },
  },
  {
    code: 'scheduled',
    states: ['SCHEDULED'],
    when: 'it is to start at its run_at',
    explain: ({ record, now, windows }) => {
      if (offPeakWait({ record, now, ...(windows && { windows }) })) return undefined;
      const until = record.pub?.due ?? record.runAt;
      return {
        message: until ? `The job is scheduled for ${moment(until)}.` : 'The job is scheduled.',
        since: record.createdAt,
        ...(until && { until }),
        next: until && until > now ? `It is queued for ${processName(record.stage)} then.` : 'It is queued within seconds.',
      };
    },
  },
  {
    code: 'waiting_for_retry',
    states: ['RETRY_WAIT'],
    when: 'an attempt failed, and the next one is due later',
    explain: (facts) => {
      const { record, now } = facts;
      const until = record.pub?.due;
      const most = maxAttemptsOf(facts);
      const nth = `attempt ${record.attempt + 1}${most === undefined ? '' : ` of ${most}`}`;
      const at = until && until > now ? `is due at ${moment(until)}` : 'is due now';
      return {
        message: `${failure(facts)} The next one of ${processName(record.stage)} ${at}.`,
        since: record.log.at(-1)?.at ?? record.createdAt,
        ...(until && { until }),
        next: `A scheduler queues it for ${nth} then.`,
        evidence: errorEvidence(facts),
      };
    },
  },
  {
    code: 'waiting_for_turn',
    states: ['QUEUED'],
    when: 'others are before it, or a worker is about to take it',
    explain: (facts) => {
      const { record, now, position } = facts;
      if (offPeakWait(facts)) return undefined;
      const since = queuedSince(record, now);
      const process = processName(record.stage);
      const place = position === undefined ? '' : `, at position ${position} of lane ${record.lane}`;
      return {
        message: `The job waits for its turn at ${process} since ${moment(since)}${place}.`,
        since,
        next: `A worker of ${process} takes it when it is its turn.`,
        evidence: queueEvidence(facts),
      };
    },
  },
  {
    code: 'earlier_attempt_failed',
    states: ['QUEUED', 'RUNNING'],
    when: 'an earlier attempt of this stage failed',
    explain: (facts) => {
      const { record } = facts;
      const failed = record.state === 'RUNNING' ? record.attempt - 1 : record.attempt;
      if (!record.err || failed < 1) return undefined;
      return {
        message: `Attempt ${failed} of ${processName(record.stage)} failed: ${errorText(record.err)}.`,
        evidence: { ...errorEvidence(facts), attempt: failed },
      };
    },
  },
];

/** Why a job that is claimed runs, or does not. */
export const RUNNING_REASONS: readonly ReasonRule[] = [
  {
    code: 'lease_over',
    states: ['RUNNING'],
    when: 'the worker that holds it has not renewed its lease: it died, froze, or is cut off',
    explain: (facts) => {
      const { record, now } = facts;
      const until = record.lease?.until;
      if (!until || until >= now) return undefined;
      return {
        message: `The lease of the worker that runs ${processName(record.stage)} ended at ${moment(until)}: the job waits to be rescued.`,
        since: until,
        next: 'A scheduler takes it away from that worker within seconds and has it tried again.',
        evidence: { ...(record.owner !== undefined && { owner: record.owner }), crashes: record.crashes },
      };
    },
  },
  {
    code: 'running',
    states: ['RUNNING'],
    when: 'a worker holds it',
    explain: (facts) => {
      const { record, type } = facts;
      const { startedAt: since, owner, lease, progress, stage } = record;
      const by = owner === undefined ? '' : ` by ${owner}`;
      const isLast = stage === type.stages.length - 1;
      const maxAttempts = maxAttemptsOf(facts);
      return {
        message: `${processName(stage)} is run${by}${since ? ` since ${moment(since)}` : ''}, ${attemptOf(facts)}.`,
        ...(since && { since }),
        ...(lease && { until: lease.until }),
        next: isLast ? 'It is completed when this process is.' : `${processName(stage + 1)} follows.`,
        evidence: {
          stage: type.stages[stage]!.name,
          attempt: record.attempt,
          ...(maxAttempts !== undefined && { maxAttempts }),
          ...(owner !== undefined && { owner }),
          ...(progress !== undefined && { progress }),
        },
      };
    },
  },
];

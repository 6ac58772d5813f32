import type { Bound } from '../domain/bounds.ts';

/** A page of metrics as it is sent. */
export interface MetricsPage {
  readonly contentType: string;
  readonly body: string;
}

/** Renders all metrics of a process from what it knows already: nothing else is asked for it. */
export interface MetricsSource {
  /** @param accept the request's Accept header: OpenMetrics where it asks for that, else Prometheus' text format. */
  render(accept: string | undefined): Promise<MetricsPage>;
}

/** A request that has been answered, or whose client has gone. */
export interface AnsweredRequest {
  /** `api` or `admin`. */
  readonly listener: string;
  readonly method: string;
  /** The path as it is declared, `/v1/jobs/:job_id`; undefined where no route took the request. */
  readonly route: string | undefined;
  /** 0: the client went before there was an answer. */
  readonly status: number;
  /** Code of the problem that was answered, if any. */
  readonly problem?: string;
  /** The bound that the problem refuses for. */
  readonly bound?: Bound;
  /** An answer that is repeated for its idempotency key. */
  readonly isRepeated: boolean;
  /** From its headers to the end of its answer. */
  readonly durationMs: number;
}

/** A bound of a gateway, and how near it is. */
export interface MeteredBound {
  /** `api` or `admin`. */
  readonly listener: string;
  readonly bound: Bound;
  readonly limit: number;
  /** What is under way; absent of bounds that are the size of a single request. */
  inUse?(): number;
}

/** Counts requests. */
export interface RequestMeter {
  note(request: AnsweredRequest): void;
  /** Counts what was refused before it was a request, or served in part. */
  noteRefused(listener: string, bound: Bound): void;
}

import { type DestinationStream, destination, pino } from 'pino';
import type { Logger } from '../ports/logger.ts';
import { maskSecrets } from './mask.ts';

/** Fields that never reach a log, wherever callers put them up to one level down. */
const SECRET_FIELDS = ['password', 'authorization', 'cookie', 'secret', 'token', 'apiKey', 'rabbitmqUrl', 'mongodbUrl'];
const LONGEST_TEXT = 2_000;
const DEEPEST_CAUSE = 3;

export interface LoggingOptions {
  /** Name of the process, on every line. */
  readonly service: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Default: standard output, written synchronously. */
  readonly stream?: DestinationStream;
}

/** An error as plain data: bounded, its causes kept three deep. */
function errorFields(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    type: name,
    ...(code !== undefined && { code }),
    message: message.slice(0, LONGEST_TEXT),
    stack: stack?.slice(0, LONGEST_TEXT * 2),
    ...(cause !== undefined && depth < DEEPEST_CAUSE && { cause: errorFields(cause, depth + 1) }),
  };
}

/** Standard output; a reader that went away must not take the process down. */
function standardOutput(): DestinationStream {
  const stream = destination({ fd: 1, sync: true });
  stream.on('error', () => {});
  return stream;
}

/**
 * A logger that writes one JSON line an event: `time` (ISO 8601), `level`, `service`, `msg`, and the event's own keys
 * (`job_id`, `stage`, `attempt`, `err`, ...). Credentials in URLs and API keys are masked in every line.
 */
export function createLogger({ service, level, stream }: LoggingOptions): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => errorFields(error) },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '***' },
      hooks: { streamWrite: maskSecrets },
    },
    stream ?? standardOutput(),
  );
}

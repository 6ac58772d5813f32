import type { Servers } from './servers.d.mts';

/** One process of a service. */
export interface RunningService {
  readonly service: string;
  /** The service and which of its processes: `p1-worker-2`; its log is `<folder>/logs/<name>.log`. */
  readonly name: string;
  readonly pid: number;
  /** Port of /livez and /readyz. */
  readonly healthPort: number;
}

export interface SystemOptions {
  /** Made when missing, locked while in use. Default: a temporary one. */
  readonly folder?: string;
  /** Removed at the end; the servers are then killed rather than stopped. Default: whether `folder` is not given. */
  readonly temporary?: boolean;
  /** Names of services, or their own modules (absolute paths), with variables for them alone. Default: those of the topology (TOPOLOGY in `env`, default per-stage). */
  readonly services?: readonly (
    | string
    | { readonly name: string; readonly main: string; readonly env?: Readonly<Record<string, string>> }
  )[];
  /** Service → number of processes, 0 to 32; default 1. Not the gateway. */
  readonly scale?: Readonly<Record<string, number>>;
  /**
   * Further variables for the services, over those of this process. With RABBITMQ_URL and RABBITMQ_MANAGEMENT_URL, or
   * MONGODB_URL, that server is used instead of starting one.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether services that end unasked are started again. Default true. */
  readonly restart?: boolean;
  /** Of the public API. Default: a free one. */
  readonly port?: number;
  /** Of the control plane. Default: a free one. */
  readonly adminPort?: number;
  /** Told what happens, for people. Default: nobody. */
  readonly log?: (line: string) => void;
  /** Told each line of the services' logs, at most 250 ms late. */
  readonly onLog?: (name: string, line: string) => void;
}

/** RabbitMQ, MongoDB and Jobline's services as separate processes. */
export declare class System {
  constructor(options: SystemOptions);
  readonly folder: string;
  /** Base URL of the public API. */
  readonly api: string;
  /** Base URL of the control plane. */
  readonly admin: string;
  readonly rabbitmq: Servers['rabbitmq'];
  readonly mongodb: Servers['mongodb'];
  readonly rabbitmqUrl: string;
  /** Of RabbitMQ's management plugin, with user and password; undefined when RABBITMQ_URL came without it. */
  readonly managementUrl: string | undefined;
  readonly mongodbUrl: string;
  /** The service processes that run now. */
  readonly processes: readonly RunningService[];
  /** Starts everything and waits until every service is ready. @throws Error saying what failed; nothing is left then. */
  start(): Promise<void>;
  /** Starts one more process of a service and waits until it is ready. */
  spawnService(service: string): Promise<RunningService>;
  /**
   * Sends a signal (default SIGKILL) to all processes of a service, or to one by its name (`p1-worker-2`); returns their
   * process ids. SIGKILL resolves when they are gone. They are started again unless `restart` is false.
   */
  kill(target: string, signal?: NodeJS.Signals): Promise<number[]>;
  /** Stops services (the gateway first; SIGTERM, SIGKILL after 30 s), then servers. Safe to repeat, and while starting. */
  stop(): Promise<void>;
  /** The same with SIGKILL for everything, also when a stop is under way. */
  stopNow(): Promise<void>;
}

/** Starts the whole system and waits until it is ready. The project must be compiled (`setUp` of setup.mjs). */
export function startSystem(options?: SystemOptions): Promise<System>;

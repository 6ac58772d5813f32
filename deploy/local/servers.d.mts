/** A RabbitMQ node of our own, with the management plugin, on loopback ports and in a folder of its own. */
export interface LocalRabbitmq {
  readonly isExternal: false;
  /** `amqp://user:password@127.0.0.1:port/`, virtual host `/`. */
  readonly url: string;
  readonly port: number;
  /** Of the management plugin, without credentials. */
  readonly managementUrl: string;
  /** The same with user and password in it: what RABBITMQ_MANAGEMENT_URL takes. */
  readonly managementApi: string;
  readonly managementPort: number;
  /** An administrator with a password made up for this folder. */
  readonly user: string;
  readonly password: string;
  readonly nodeName: string;
  readonly folder: string;
  readonly logFile: string;
  /** Process id of the broker itself (beam.smp), undefined while it is down. */
  readonly pid: number | undefined;
  /** Runs rabbitmqctl on this node and returns what it printed. @throws Error with what it printed when it fails. */
  ctl(args: readonly string[]): Promise<string>;
  /** Stops it in order (SIGTERM, about 6 s); its data stay. */
  stop(): Promise<void>;
  /** Kills it (SIGKILL); its data stay. */
  kill(): Promise<void>;
  /** Starts it again on the same ports and data, stopping it first if it runs; resolves when AMQP and management answer. */
  restart(): Promise<void>;
  /** Ends it for good: a temporary one is killed and its folder removed, another is stopped in order. Safe to repeat. */
  dispose(): Promise<void>;
}

/**
 * A RabbitMQ of several nodes of our own. What LocalRabbitmq says of one node holds for the first that runs; `url` and
 * `managementApi` name all, separated by commas; `stop`, `kill`, `restart` and `dispose` are for all. A node that sees no
 * majority of the others stops serving until it does (pause_minority); one that cannot be heard counts as away after 10 to
 * 12.5 s.
 */
export interface LocalRabbitmqCluster extends LocalRabbitmq {
  readonly nodes: readonly LocalRabbitmq[];
  /**
   * Cuts one node off from the others, and from its clients unless `clients` is false: nothing passes, and nobody is told.
   * @throws Error when the cluster was started without `links`
   */
  isolate(index: number, how?: { readonly clients?: boolean }): void;
  /** Ends the isolation of all nodes; what was sent meanwhile arrives. */
  rejoin(): void;
  /** Resolves when every node sees all at work. @throws Error after two minutes */
  untilJoined(): Promise<void>;
}

/** One mongod of a replica set. */
export interface LocalMongod {
  readonly port: number;
  readonly pid: number | undefined;
  readonly logFile: string;
  /** Starts it again on its port and data; resolves when it answers, which is before it is a secondary. */
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** A MongoDB replica set of our own, on loopback ports. */
export interface LocalMongodb {
  readonly isExternal: false;
  readonly members: readonly LocalMongod[];
  /** Names all members and the replica set, no database. */
  readonly url: string;
  readonly folder: string;
  readonly logFile: string;
  /** Process id of the first member, undefined while it is down. */
  readonly pid: number | undefined;
  /** Process ids of the members that run. */
  readonly pids: readonly number[];
  /** Stops all members in order (SIGTERM); their data stay. */
  stop(): Promise<void>;
  /** Kills one member (SIGKILL), by default all; their data stay. */
  kill(index?: number): Promise<void>;
  /** Starts all again on the same ports and data, stopping them first if they run; resolves when there is a writable primary. */
  restart(): Promise<void>;
  /** Ends it for good: temporary members are killed and their folders removed, others are stopped in order. Safe to repeat. */
  dispose(): Promise<void>;
}

/** A server that RABBITMQ_URL or MONGODB_URL names: it is used, never stopped; `kill`, `restart` and `ctl` are refused. */
export interface ExternalServer {
  readonly isExternal: true;
  readonly url: string;
  readonly pid: undefined;
  stop(): Promise<void>;
  kill(): Promise<never>;
  restart(): Promise<never>;
  dispose(): Promise<void>;
}

export interface ExternalRabbitmq extends ExternalServer {
  readonly managementUrl: string | undefined;
  readonly managementApi: string | undefined;
  readonly user: string;
  readonly password: string;
  ctl(args: readonly string[]): Promise<never>;
}

export interface ServerOptions {
  /** Made when missing, locked while in use. Default: a temporary one. */
  readonly folder?: string;
  /** Removed at the end; the servers are then killed rather than stopped. Default: whether `folder` is not given. */
  readonly temporary?: boolean;
  /** Told what is being fetched or cleared up. Default: standard error. */
  readonly log?: (line: string) => void;
}

/**
 * Starts a RabbitMQ of `nodes` nodes (default 3). With `links` all that passes between nodes, and between them and clients,
 * goes through this process, which can hold it up.
 * @throws Error when no program is here and none can be fetched, or it does not start
 */
export function startRabbitmqCluster(
  options?: ServerOptions & { readonly config?: readonly string[]; readonly nodes?: number; readonly links?: boolean },
): Promise<LocalRabbitmqCluster>;

/** Starts a RabbitMQ. With JOBLINE_RABBITMQ=4 in the environment it is one of 4.x. `config`: further lines of rabbitmq.conf. @throws Error when none is here and none can be fetched, or it does not start. */
export function startRabbitmq(options?: ServerOptions & { readonly config?: readonly string[] }): Promise<LocalRabbitmq>;

/**
 * Starts a MongoDB replica set of 1 (default) to 3 members, each with `cacheGb` GB of cache (default 0.25) and with server
 * `parameters` such as `enableTestCommands=1`.
 * @throws Error when none is here and none can be fetched, or it does not start.
 */
export function startMongodb(
  options?: ServerOptions & { readonly members?: number; readonly cacheGb?: number; readonly parameters?: readonly string[] },
): Promise<LocalMongodb>;

/** Both servers. `stop` ends what was started here, and removes a temporary folder. */
export interface Servers {
  readonly folder: string;
  readonly rabbitmq: LocalRabbitmq | ExternalRabbitmq;
  readonly mongodb: LocalMongodb | (ExternalServer & { readonly pids: readonly number[] });
  stop(): Promise<void>;
}

/**
 * Starts both servers at the same time, with JOBLINE_STACK=cluster in `env` three members of each; takes those that RABBITMQ_URL (with RABBITMQ_MANAGEMENT_URL) and MONGODB_URL in `env` name.
 */
export function startServers(
  options?: ServerOptions & {
    readonly mongoMembers?: number;
    readonly mongoParameters?: readonly string[];
    readonly env?: Readonly<Record<string, string | undefined>>;
  },
): Promise<Servers>;

/** Ports of a Temporal server, in one process. */
export interface TemporalPorts {
  readonly frontend: number;
  readonly all: readonly number[];
}

/** Where its tables are. */
interface Tables {
  readonly host: string;
  readonly user: string;
}

const SERVICES = ['frontend', 'matching', 'history', 'worker'] as const;
/** As its own configuration for PostgreSQL has it. */
const SHARDS = 4;

/** A port for gRPC and one for membership a service, and one for HTTP. */
export const PORT_COUNT = SERVICES.length * 2 + 1;

/** Ports in the order in which `temporalConfig` gives them out. */
export function temporalPorts(all: readonly number[]): TemporalPorts {
  return { frontend: all[0]!, all };
}

function store(databaseName: string, { host, user }: Tables, maxConns: number) {
  const connection = {
    connectAddr: host,
    connectProtocol: 'tcp',
    user,
    password: 'unused',
    maxConns,
    maxIdleConns: maxConns,
    maxConnLifetime: '1h',
  };
  return { sql: { pluginName: 'postgres12', databaseName, ...connection } };
}

/** The server's configuration; JSON is YAML too. */
export function temporalConfig({ all, frontend }: TemporalPorts, tables: Tables): string {
  const rpc = (index: number) => ({
    rpc: {
      grpcPort: all[index * 2],
      membershipPort: all[index * 2 + 1],
      bindOnLocalHost: true,
      ...(index === 0 && { httpPort: all[PORT_COUNT - 1] }),
    },
  });
  return JSON.stringify({
    log: { stdout: true, level: 'error' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: SHARDS,
      datastores: { default: store('temporal', tables, 20), visibility: store('temporal_visibility', tables, 4) },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: Object.fromEntries(SERVICES.map((name, index) => [name, rpc(index)])),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: `127.0.0.1:${frontend}` },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
  });
}

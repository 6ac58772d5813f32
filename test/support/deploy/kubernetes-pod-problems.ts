import type { Container, PodSpec, Probe } from './kubernetes-documents.ts';

type Environment = Readonly<Record<string, string>>;

/** Beyond SHUTDOWN_TIMEOUT_MS a process takes up to so long to hand back and to close (shared/runtime/lifecycle.ts). */
const CLOSING_GRACE_S = 15;
/** For the cluster to take an address out of all load balancers. */
const LEAST_PRE_STOP_S = 5;

function sleepOf({ lifecycle }: Container): number {
  const [program, seconds] = lifecycle?.preStop?.exec.command ?? [];
  return program === '/bin/sleep' ? Number(seconds) : 0;
}

/** Whether a pod gets the time that stopping takes, and the gateway goes on listening until nobody is sent to it. */
export function stopProblems(name: string, pod: PodSpec, env: Environment): string[] {
  const container = pod.containers[0]!;
  const needed = sleepOf(container) + Number(env['SHUTDOWN_TIMEOUT_MS'] ?? 25_000) / 1_000 + CLOSING_GRACE_S;
  const given = pod.terminationGracePeriodSeconds ?? 30;
  const closesEarly = name === 'gateway' && sleepOf(container) < LEAST_PRE_STOP_S;
  return [
    ...(given > needed ? [] : [`terminationGracePeriodSeconds is ${given}; stopping may take ${needed} s`]),
    ...(closesEarly ? ['it closes before it is taken out of the load balancers'] : []),
  ];
}

/** Whether the three probes look where the process answers. */
export function healthProblems(container: Container, env: Environment): string[] {
  const { startupProbe, livenessProbe, readinessProbe, ports = [] } = container;
  const probes: readonly (readonly [string, Probe | undefined, string])[] = [
    ['startupProbe', startupProbe, '/startupz'],
    ['livenessProbe', livenessProbe, '/livez'],
    ['readinessProbe', readinessProbe, '/readyz'],
  ];
  const health = ports.find(({ name }) => name === 'health')?.containerPort;
  return [
    ...probes
      .filter(([, probe, path]) => probe?.httpGet.path !== path || probe.httpGet.port !== 'health')
      .map(([name, , path]) => `its ${name} does not ask for ${path}`),
    ...(String(health) === env['HEALTH_PORT'] ? [] : [`port health is ${health}, HEALTH_PORT ${env['HEALTH_PORT']}`]),
    ...(env['HEALTH_HOST'] === '0.0.0.0' ? [] : ['HEALTH_HOST is not 0.0.0.0: the kubelet gets no answer']),
  ];
}

function mountProblems(pod: PodSpec, env: Environment): string[] {
  const mounts = pod.containers[0]!.volumeMounts ?? [];
  const volumes = (pod.volumes ?? []).filter(({ emptyDir }) => emptyDir !== undefined).map(({ name }) => name);
  const wanted = ['/tmp', ...(env['SCRATCH_DIR'] ? [env['SCRATCH_DIR']] : [])];
  return wanted
    .filter((path) => !mounts.some((mount) => mount.mountPath === path && volumes.includes(mount.name)))
    .map((path) => `${path} is not an emptyDir`);
}

/** Whether Prometheus is told where the metrics are. */
export function scrapeProblems(annotations: Environment, env: Environment): string[] {
  const wanted = { scrape: 'true', port: env['HEALTH_PORT'], path: '/metrics' };
  return Object.entries(wanted)
    .filter(([key, value]) => annotations[`prometheus.io/${key}`] !== value)
    .map(([key, value]) => `prometheus.io/${key} is not ${value}`);
}

/** What a pod may do that it has no need of. */
export function hardeningProblems(pod: PodSpec, env: Environment): string[] {
  const { securityContext: own, resources } = pod.containers[0]!;
  const { runAsNonRoot, runAsUser, seccompProfile } = pod.securityContext ?? {};
  return [
    ...(runAsNonRoot && runAsUser ? [] : ['it may run as root']),
    ...(seccompProfile?.type === 'RuntimeDefault' ? [] : ['it may make any system call']),
    ...(own?.readOnlyRootFilesystem ? [] : ['its file system is writable']),
    ...(own?.allowPrivilegeEscalation === false ? [] : ['it may gain privileges']),
    ...(own?.capabilities?.drop?.includes('ALL') ? [] : ['it keeps capabilities']),
    ...(pod.automountServiceAccountToken === false ? [] : ['it gets a token for the cluster']),
    ...(pod.enableServiceLinks === false ? [] : ['Kubernetes adds variables of its own']),
    ...(resources?.requests && resources.limits?.memory ? [] : ['its resources are not limited']),
    ...mountProblems(pod, env),
  ];
}

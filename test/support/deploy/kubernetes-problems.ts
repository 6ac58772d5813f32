import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { mainOf } from './compose-problems.ts';
import { environmentProblems, roleOf } from './environment-problems.ts';
import type { Container, KubernetesObject } from './kubernetes-documents.ts';
import { hardeningProblems, healthProblems, scrapeProblems, stopProblems } from './kubernetes-pod-problems.ts';

type Environment = Readonly<Record<string, string>>;

/** Runs in place of the stage workers where TOPOLOGY=single, which is for machines smaller than a cluster. */
const NOT_IN_A_CLUSTER = ['single-worker', 'cli'];

function find(objects: readonly KubernetesObject[], kind: string, name: string | undefined): KubernetesObject | undefined {
  return objects.find((one) => one.kind === kind && one.metadata.name === name);
}

/** What a container finds in its environment; a reference to what is not there is a problem. */
function environmentOf(
  objects: readonly KubernetesObject[],
  { envFrom = [], env = [] }: Container,
): { env: Environment; problems: string[] } {
  const sources = envFrom.map(({ configMapRef, secretRef }) => ({
    name: `${configMapRef ? 'ConfigMap' : 'Secret'} ${(configMapRef ?? secretRef)?.name}`,
    values: configMapRef ? find(objects, 'ConfigMap', configMapRef.name)?.data : find(objects, 'Secret', secretRef?.name)?.stringData,
  }));
  const own = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  return {
    env: Object.assign({}, ...sources.map(({ values }) => values ?? {}), own),
    problems: sources.filter(({ values }) => values === undefined).map(({ name }) => `there is no ${name}`),
  };
}

/** Each service has an account of its own. */
function accountProblems(name: string, env: Environment): string[] {
  const urls = Object.entries(env).filter(([variable]) => /^(RABBITMQ|MONGODB).*_URL$/.test(variable));
  return urls.filter(([, url]) => !url.includes(`://${name}:`)).map(([variable]) => `${variable} is not that of the account ${name}`);
}

function workloadProblems(objects: readonly KubernetesObject[], workload: KubernetesObject): string[] {
  const { name } = workload.metadata;
  const { template, selector } = workload.spec!;
  const pod = template!.spec;
  const container = pod.containers[0]!;
  const main = mainOf({ command: container.args });
  if (main === undefined || !existsSync(join(projectRoot(), `${main}.ts`)))
    return [`it runs ${container.args.join(' ')}, which is not there`];
  const { env, problems } = environmentOf(objects, container);
  const isSelected = Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => template!.metadata.labels[key] === value);
  return [
    ...problems,
    ...environmentProblems(roleOf(main), env),
    ...accountProblems(name, env),
    ...hardeningProblems(pod, env),
    ...(isSelected ? [] : ['its selector does not select its pods']),
    ...(workload.kind === 'Job'
      ? []
      : [...healthProblems(container, env), ...stopProblems(name, pod, env), ...scrapeProblems(template!.metadata.annotations ?? {}, env)]),
    ...(workload.spec!.replicas === undefined ? [] : ['replicas is set: an apply would undo kubectl scale']),
  ];
}

/** A Service whose port leads to a port of the pods that it selects. */
function serviceProblems(objects: readonly KubernetesObject[], { metadata, spec }: KubernetesObject): string[] {
  const selected = objects.filter(
    (one) =>
      one.kind === 'Deployment' &&
      Object.entries(spec?.selector ?? {}).every(([key, value]) => one.spec?.template?.metadata.labels[key] === value),
  );
  const containers = selected.flatMap((one) => one.spec!.template!.spec.containers);
  if (containers.length === 0) return [`${metadata.name}: selects no pods`];
  return (spec?.ports ?? []).flatMap(({ targetPort }) => {
    const port = containers[0]!.ports?.find(({ name }) => name === targetPort)?.containerPort;
    const { env } = environmentOf(objects, containers[0]!);
    const listens = [env['PORT'], env['ADMIN_PORT']].includes(String(port));
    return listens ? [] : [`${metadata.name}: nothing listens on port ${targetPort}`];
  });
}

/** Every folder of services/ that belongs into a cluster has a Deployment and a PodDisruptionBudget of its name. */
function missingProblems(objects: readonly KubernetesObject[]): string[] {
  const services = readdirSync(join(projectRoot(), 'services')).filter(
    (one) => existsSync(join(projectRoot(), 'services', one, 'main.ts')) && !NOT_IN_A_CLUSTER.includes(one),
  );
  return services.flatMap((name) =>
    ['Deployment', 'PodDisruptionBudget'].filter((kind) => !find(objects, kind, name)).map((kind) => `${name}: has no ${kind}`),
  );
}

/** Everything that is wrong with the objects of a deployment, beyond Kubernetes' own rules, as `name: sentence`. */
export function kubernetesProblems(objects: readonly KubernetesObject[]): string[] {
  const workloads = objects.filter(({ kind }) => kind === 'Deployment' || kind === 'Job');
  return [
    ...workloads.flatMap((one) => workloadProblems(objects, one).map((problem) => `${one.metadata.name}: ${problem}`)),
    ...objects.filter(({ kind }) => kind === 'Service').flatMap((one) => serviceProblems(objects, one)),
    ...missingProblems(objects),
  ];
}

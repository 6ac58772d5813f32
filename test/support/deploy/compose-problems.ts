import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { connectionProblems } from './compose-connections.ts';
import type { ComposeDocument, ComposeService } from './compose-document.ts';
import { hardeningProblems } from './compose-hardening.ts';
import { environmentProblems, roleOf } from './environment-problems.ts';

/** The module that a service runs, without ending: `services/gateway/main`; undefined for a server that is not ours. */
export function mainOf({ command }: ComposeService): string | undefined {
  if (command?.[0] !== 'node') return undefined;
  const main = command.slice(1).find((argument) => !argument.startsWith('--'));
  return /^dist\/(.+)\.js$/.exec(main ?? '')?.[1];
}

/** Whether it is to stay up, rather than to end when its work is done. */
export function isService(service: ComposeService): boolean {
  return mainOf(service)?.startsWith('services/') ?? false;
}

/** Beyond SHUTDOWN_TIMEOUT_MS a process takes up to so long to hand back and to close (shared/runtime/lifecycle.ts). */
const CLOSING_GRACE_MS = 15_000;

function stopProblems(service: ComposeService, env: Readonly<Record<string, string>>): string[] {
  const graceMs = Number(/^(\d+)s$/.exec(service.stop_grace_period ?? '')?.[1] ?? 10) * 1_000;
  const neededMs = Number(env['SHUTDOWN_TIMEOUT_MS'] ?? 25_000) + CLOSING_GRACE_MS;
  return graceMs > neededMs ? [] : [`stop_grace_period is ${graceMs} ms; stopping may take ${neededMs} ms`];
}

function healthProblems({ healthcheck }: ComposeService, env: Readonly<Record<string, string>>): string[] {
  const test = healthcheck?.disable ? '' : (healthcheck?.test?.join(' ') ?? '');
  const problems = test.includes('/readyz') && test.includes('process.env.HEALTH_PORT') ? [] : ['there is no health check on /readyz'];
  return Number(env['HEALTH_PORT'] ?? 0) > 0 ? problems : [...problems, 'HEALTH_PORT is not set: the health check does not know where'];
}

/** Published are the gateway's two ports alone, and on this machine's loopback interface alone. */
function portProblems(name: string, { ports = [] }: ComposeService, env: Readonly<Record<string, string>>): string[] {
  const wanted = name === 'gateway' ? [env['PORT'], env['ADMIN_PORT']] : [];
  const inside = ports.map((port) => port.split(':').at(-1));
  return [
    ...ports.filter((port) => !port.startsWith('127.0.0.1:')).map((port) => `port ${port} is not bound to 127.0.0.1`),
    ...wanted.filter((port) => !inside.includes(port)).map((port) => `port ${port} is not published`),
    ...inside.filter((port) => !wanted.includes(port)).map((port) => `port ${port} is published, and nothing listens there`),
  ];
}

function scaleProblems({ container_name, scale }: ComposeService): string[] {
  const named = container_name === undefined ? [] : ['container_name is set: it cannot be scaled'];
  return scale === undefined ? [...named, 'scale is not set'] : named;
}

function startProblems({ depends_on = {} }: ComposeService): string[] {
  return depends_on['prepare']?.condition === 'service_completed_successfully' ? [] : ['it does not wait for prepare to complete'];
}

/** What is wrong with one of our own processes. `imageEnv`: what the Dockerfile sets. */
function processProblems(name: string, service: ComposeService, imageEnv: Readonly<Record<string, string>>): string[] {
  const main = mainOf(service)!;
  if (!existsSync(join(projectRoot(), `${main}.ts`))) return [`there is no ${main}.ts`];
  const role = roleOf(main);
  const also = main === 'deploy/accounts/main' ? Object.keys(service.environment ?? {}).filter((one) => one.endsWith('_PASSWORD')) : [];
  // The image's variables are for all services: those that one does not read are no mistake.
  const problems = environmentProblems(role, service.environment ?? {}, also);
  const env = { ...imageEnv, ...service.environment };
  if (!isService(service)) return [...problems, ...portProblems(name, service, env)];
  return [
    ...problems,
    ...stopProblems(service, env),
    ...healthProblems(service, env),
    ...portProblems(name, service, env),
    ...scaleProblems(service),
    ...startProblems(service),
  ];
}

/** The command line is a client: it runs where the operator sits. */
const CLIENTS = ['cli'];

/** Every folder of services/ but a client is a service here, of the same name, and the other way round. */
function missingProblems({ services }: ComposeDocument): string[] {
  const folders = readdirSync(join(projectRoot(), 'services')).filter(
    (one) => existsSync(join(projectRoot(), 'services', one, 'main.ts')) && !CLIENTS.includes(one),
  );
  const there = Object.entries(services).filter(([, service]) => isService(service));
  return [
    ...folders
      .filter((one) => mainOf(services[one] ?? {}) !== `services/${one}/main`)
      .map((one) => `${one}: does not run services/${one}/main`),
    ...there.filter(([name]) => !folders.includes(name)).map(([name]) => `${name}: there is no services/${name}`),
  ];
}

/**
 * Everything that is wrong with a Compose file of Jobline, beyond its syntax, as `service: sentence`.
 * @param imageEnv variables that the image sets
 */
export function composeProblems(compose: ComposeDocument, imageEnv: Readonly<Record<string, string>>): string[] {
  const perService = Object.entries(compose.services).flatMap(([name, service]) => {
    const own = mainOf(service) === undefined ? [] : processProblems(name, service, imageEnv);
    return [...own, ...hardeningProblems(service, imageEnv), ...connectionProblems(compose, name)].map((problem) => `${name}: ${problem}`);
  });
  return [...perService, ...missingProblems(compose)];
}

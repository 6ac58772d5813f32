import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './install/cache.mjs';

/** @typedef {{ name: string, main: string, env?: Readonly<Record<string, string>>, heapMb?: number }} ServiceSpec `main`: path of its compiled module; `env`: variables for it alone; `heapMb`: most that its JavaScript heap may take */

const SERVICES = {
  'per-stage': ['gateway', 'p1-worker', 'p2-worker', 'scheduler'],
  single: ['gateway', 'single-worker', 'scheduler'],
};
/** The service that users talk to: started with a fixed port, once, and stopped first. */
export const FRONT = 'gateway';
const MOST_PROCESSES = 32;
/**
 * Without a bound V8 takes the machine's memory for its measure, and on a large one lets tens of megabytes of garbage lie
 * (docs/performance.md, npm run bench:memory). Half of these cost a worker 0.10 s of CPU time for 1,000 jobs
 * in batches in place of 0.08, in garbage collection.
 */
const HEAP_MB = /** @type {Record<string, number>} */ ({ gateway: 1_024, scheduler: 1_024 });
const WORKER_HEAP_MB = 2_048;

/**
 * The services of a topology, by name; a service may also be given with the path of its own module.
 * @param {readonly (string | ServiceSpec)[] | undefined} services
 * @param {string} topology
 * @returns {ServiceSpec[]}
 * @throws Error for a topology or service that there is none of
 */
export function serviceSpecs(services, topology) {
  const known = /** @type {Record<string, string[]>} */ (SERVICES)[topology];
  if (!known) throw new Error(`TOPOLOGY is ${JSON.stringify(topology)}; it must be one of ${Object.keys(SERVICES).join(', ')}.`);
  return (services ?? known).map((service) => {
    const spec = typeof service === 'string' ? shippedSpec(service) : service;
    if (!existsSync(spec.main)) throw new Error(`There is no service ${JSON.stringify(spec.name)}: ${spec.main} is missing.`);
    return spec;
  });
}

/** @param {string} name @returns {ServiceSpec} */
function shippedSpec(name) {
  return { name, main: join(PROJECT, 'dist', 'services', name, 'main.js'), heapMb: HEAP_MB[name] ?? WORKER_HEAP_MB };
}

/**
 * @param {Readonly<Record<string, number>>} scale service → number of processes
 * @param {readonly ServiceSpec[]} services
 * @throws Error for a service that cannot be scaled and a number that makes no sense
 */
export function checkScale(scale, services) {
  const scalable = services.map(({ name }) => name).filter((name) => name !== FRONT);
  for (const [name, count] of Object.entries(scale)) {
    if (name === FRONT) throw new Error('The gateway cannot be scaled here: its processes would need a port each and a proxy before them.');
    if (!scalable.includes(name))
      throw new Error(`There is no service ${JSON.stringify(name)} to scale; there are ${scalable.join(', ')}.`);
    if (!Number.isInteger(count) || count < 0 || count > MOST_PROCESSES) {
      throw new Error(`${name}=${count}: the number of processes must be a whole number from 0 to ${MOST_PROCESSES}.`);
    }
  }
}

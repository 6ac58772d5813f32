import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './install/cache.mjs';
import { runNpm } from './setup.mjs';

/** @typedef {{ 'bom-ref': string }} Component */
/** @typedef {{ ref: string, dependsOn: string[] }} Dependency */

/** @param {string} file */
const json = (file) => JSON.parse(readFileSync(join(PROJECT, file), 'utf8'));

/** What services have installed, each as npm refers to it: `name@version`. */
function ofServices() {
  /** @type {Record<string, { name?: string, version: string, dev?: boolean }>} */
  const packages = json('package-lock.json').packages;
  const folder = 'node_modules/';
  const kept = Object.entries(packages).filter(([, one]) => !one.dev);
  return new Set(kept.map(([path, one]) => `${one.name ?? path.slice(path.lastIndexOf(folder) + folder.length)}@${one.version}`));
}

/**
 * What the services consist of, as package-lock.json has it, in the form of CycloneDX 1.5: without what only tests and builds use.
 * @returns {Promise<Record<string, unknown>>}
 * @throws Error with what npm said
 */
export async function softwareBill() {
  const done = await runNpm(['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only']);
  if (done.code !== 0) throw new Error(`npm sbom failed:\n${done.output.trim()}`);
  const { metadata, components, dependencies, ...bill } = JSON.parse(done.stdout);
  // npm takes the name of the folder.
  const component = { ...metadata.component, name: json('package.json').name };
  // Its own --omit=dev leaves out what tests and services both use.
  const kept = ofServices();
  return {
    ...bill,
    metadata: { ...metadata, component },
    components: components.filter((/** @type {Component} */ one) => kept.has(one['bom-ref'])),
    dependencies: dependencies
      .filter((/** @type {Dependency} */ { ref }) => kept.has(ref))
      .map((/** @type {Dependency} */ { ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) })),
  };
}

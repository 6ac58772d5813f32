import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../../shared/runtime/project-root.ts';

/** Loads a module of deploy/local: plain .mjs, which the compiler leaves where it is. The caller says what it exports. */
export async function localModule<T>(file: string): Promise<T> {
  return (await import(pathToFileURL(join(projectRoot(), 'deploy/local', file)).href)) as T;
}

/** `startServers`, `startRabbitmq` and `startMongodb`: servers of a test's own, for tests that stop or kill them. */
export async function localServers(): Promise<typeof import('../../deploy/local/servers.d.mts')> {
  return localModule('servers.mjs');
}

/** `startSystem`: servers and all services as separate processes. */
export async function localSystem(): Promise<typeof import('../../deploy/local/system.d.mts')> {
  return localModule('system.mjs');
}

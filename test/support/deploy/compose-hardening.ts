import type { ComposeService } from './compose-document.ts';

/** Targets of what is mounted, tmpfs included. */
function mountsOf({ volumes = [], tmpfs = [] }: ComposeService): readonly (string | undefined)[] {
  return [...volumes.map((one) => (typeof one === 'string' ? one.split(':')[1] : one.target)), ...tmpfs.map((one) => one.split(':')[0])];
}

/** Rules for our own processes alone: what the images of the servers can do without is theirs to say. */
function ownProblems(service: ComposeService, imageEnv: Readonly<Record<string, string>>): string[] {
  const scratch = service.environment?.['SCRATCH_DIR'];
  const mounts = mountsOf(service);
  return [
    ...(service.read_only === true ? [] : ['its file system is writable']),
    ...(mounts.includes('/tmp') ? [] : ['/tmp is not writable']),
    ...(scratch === undefined || mounts.includes(scratch) ? [] : [`SCRATCH_DIR ${scratch} is not mounted`]),
    ...(scratch === undefined || scratch === imageEnv['SCRATCH_DIR'] ? [] : [`the image has no folder ${scratch}`]),
    ...(service.build?.dockerfile === 'deploy/Dockerfile' ? [] : ['it is not built from deploy/Dockerfile']),
  ];
}

/** What a service of a Compose file may do that it has no need of. */
export function hardeningProblems(service: ComposeService, imageEnv: Readonly<Record<string, string>>): string[] {
  const { user, cap_drop, security_opt, deploy, image = '', restart } = service;
  const limits = deploy?.resources?.limits;
  return [
    ...(/^[1-9]\d*:[1-9]\d*$/.test(user ?? '') ? [] : [`user is ${user}, not a number other than 0`]),
    ...(cap_drop?.includes('ALL') ? [] : ['it keeps capabilities']),
    ...(security_opt?.includes('no-new-privileges:true') ? [] : ['it may gain privileges']),
    ...(limits?.memory && limits.pids ? [] : ['memory and number of processes are not limited']),
    ...(/:[^:/]+$/.test(image) && !image.endsWith(':latest') ? [] : [`image ${image} names no version`]),
    ...(restart === undefined ? ['restart is not set'] : []),
    ...(service.command?.[0] === 'node' ? ownProblems(service, imageEnv) : []),
  ];
}

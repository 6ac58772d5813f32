import { run } from '../processes.mjs';

const ANSWER_MS = 5_000;
const PULL_MS = 600_000;

/** Whether a Docker engine answers. */
export async function hasDocker() {
  return (await run('docker', ['info', '--format', '{{.ServerVersion}}'], { timeoutMs: ANSWER_MS })).code === 0;
}

/**
 * Runs a docker command.
 * @param {readonly string[]} args
 * @returns {Promise<string>} what it printed
 * @throws Error with docker's own words
 */
export async function docker(args) {
  const done = await run('docker', args, { timeoutMs: PULL_MS });
  if (done.code !== 0) throw new Error(`docker ${args.join(' ')} failed: ${done.output.trim()}`);
  return done.stdout.trim();
}

/**
 * Pulls an image unless it is here.
 * @param {string} image
 * @param {(line: string) => void} log
 * @returns {Promise<boolean>} whether it is here now
 */
export async function hasImage(image, log) {
  if ((await run('docker', ['image', 'inspect', image], { timeoutMs: ANSWER_MS })).code === 0) return true;
  log(`docker pull ${image} ...`);
  const pulled = await run('docker', ['pull', '-q', image], { timeoutMs: PULL_MS });
  if (pulled.code !== 0) log(`Docker could not fetch ${image}: ${pulled.output.trim().split('\n').at(-1)}`);
  return pulled.code === 0;
}

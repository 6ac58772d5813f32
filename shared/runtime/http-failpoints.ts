import { Agent, request } from 'node:http';
import { ConfigError } from '../domain/failures.ts';
import type { FailpointName, Failpoints } from '../ports/failpoints.ts';
import type { Logger } from '../ports/logger.ts';
import { type Environment, exitOnConfigError } from './config.ts';

const VARIABLE = 'JOBLINE_FAILPOINTS';
const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|localhost|\[::1\])$/;

/** Where the control server is, or undefined when the variable is not set. @throws ConfigError in production, and for an address elsewhere. */
export function failpointsUrl(env: Environment): URL | undefined {
  const text = env[VARIABLE]?.trim();
  if (!text) return undefined;
  if (env['NODE_ENV'] === 'production') throw new ConfigError([`${VARIABLE} is set; it is for tests only, and NODE_ENV is production.`]);
  if (!URL.canParse(text) || new URL(text).protocol !== 'http:' || !LOOPBACK.test(new URL(text).hostname))
    throw new ConfigError([`${VARIABLE} is ${JSON.stringify(text.slice(0, 300))}; it must be an http:// URL on the loopback interface.`]);
  return new URL(text);
}

/**
 * For tests only: POSTs `{name, pid, service, jobs}` to the test's control server at each failpoint, and goes on when it answers,
 * whatever it answers. While there is no server it goes on at once.
 */
export class HttpFailpoints implements Failpoints {
  readonly #url: URL;
  readonly #service: string;
  readonly #logger: Logger;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(url: URL, { service, logger }: { service: string; logger: Logger }) {
    this.#url = url;
    this.#service = service;
    this.#logger = logger;
  }

  async reach(name: FailpointName, jobIds: readonly string[]): Promise<void> {
    const body = JSON.stringify({ name, pid: process.pid, service: this.#service, jobs: jobIds });
    await this.#post(body).catch((error: unknown) => this.#logger.debug({ err: error, failpoint: name }, 'the test did not answer'));
  }

  #post(body: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const call = request(this.#url, { method: 'POST', agent: this.#agent, headers }, (response) => {
        response.resume();
        response.once('end', resolve).once('error', reject);
      });
      call.once('error', reject).end(body);
    });
  }
}

/** Failpoints of a process whose environment names a control server: the one guard. Prints what is wrong with it and exits 78. */
export function failpointsOrExit(env: Environment, who: { service: string; logger: Logger }): { readonly failpoints?: Failpoints } {
  try {
    const url = failpointsUrl(env);
    if (!url) return {};
    who.logger.warn({ control: url.origin }, 'failpoints are on: this process is under test');
    return { failpoints: new HttpFailpoints(url, who) };
  } catch (error) {
    return exitOnConfigError(error);
  }
}

import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { System } from '../../../deploy/local/system.d.mts';
import type { AskedLane } from '../../../shared/domain/job.ts';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { WAIT_TYPE, type WaitInput } from '../overload/job-types.ts';

/** Path of the compiled module with the job type that is submitted. */
const JOB_TYPES = join(projectRoot(), 'dist/test/bench/overload/job-types.js');
const FIRST_KEY = `pk_${'b'.repeat(16)}_${randomBytes(32).toString('base64url')}`;

/** What the services are started with, so that there are tenants and the job type. @param share TENANT_LANE_SHARE */
export function keyedEnvironment(share: number): Readonly<Record<string, string>> {
  const access = { JOBLINE_AUTH: 'keys', JOBLINE_KEY_PEPPER: randomBytes(33).toString('base64'), JOBLINE_BOOTSTRAP_KEY: FIRST_KEY };
  return { ...access, JOBLINE_JOB_TYPES: JOB_TYPES, TENANT_LANE_SHARE: String(share) };
}

/** Services with API keys, and what several tenants do with them. */
export class KeyedSystem {
  readonly system: System;
  readonly #lane: AskedLane;
  readonly #waitMs: number;
  readonly #folder: string;

  /** @param system started with `keyedEnvironment` */
  constructor(system: System, { lane, handlerMs }: { readonly lane: AskedLane; readonly handlerMs: number }) {
    this.system = system;
    this.#lane = lane;
    this.#waitMs = handlerMs;
    this.#folder = join(system.folder, 'executions');
    mkdirSync(this.#folder);
  }

  /** Makes a tenant. @returns its key. */
  async newTenant(tenant: string): Promise<string> {
    const body = JSON.stringify({ name: tenant, tenant, scopes: ['submit', 'read'] });
    return (await this.#post(this.system.admin, '/admin/v1/keys', FIRST_KEY, body, 'application/json'))['key'] as string;
  }

  /** @returns the id of the job. */
  async submit(key: string): Promise<string> {
    return (await this.#post(this.system.api, '/v1/jobs', key, this.#job(0), 'application/json'))['job_id'] as string;
  }

  /** @throws Error unless all are accepted. */
  async submitMany(key: string, count: number): Promise<void> {
    const lines = Array.from({ length: count }, (_, index) => `${this.#job(index)}\n`).join('');
    const { failed } = await this.#post(this.system.api, '/v1/jobs:batch', key, lines, 'application/x-ndjson');
    if (failed !== undefined) throw new Error(`Of ${count} jobs one was refused: ${JSON.stringify(failed)}`);
  }

  #job(n: number): string {
    const input: WaitInput = { n, waitMs: this.#waitMs, folder: this.#folder, failsOnce: false };
    return JSON.stringify({ type: WAIT_TYPE, lane: this.#lane, input });
  }

  async #post(url: string, path: string, key: string, body: string, contentType: string): Promise<Record<string, unknown>> {
    const headers = { 'content-type': contentType, authorization: `Bearer ${key}` };
    const response = await fetch(new URL(path, url), { method: 'POST', headers, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${text.slice(0, 300)}`);
    if (contentType === 'application/json') return JSON.parse(text) as Record<string, unknown>;
    const items = text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { readonly job_id?: string });
    return { failed: items.find(({ job_id }) => job_id === undefined) };
  }
}

import { expect } from 'chai';
import type { z } from 'zod';
import { type batchResult, batchResult as resultSchema } from '../../../../shared/schema/job-responses.ts';
import { type FixtureOptions, GatewayFixture, ROWS } from './gateway-fixture.ts';
import { RawConnection } from './raw-http.ts';

export type Result = z.output<typeof batchResult>;

/** A small report. */
export const REPORT = { type: 'report', input: { rows: ROWS } };

/** NDJSON of jobs; a string is a line as it is. */
export const lines = (...jobs: readonly unknown[]) =>
  jobs.map((job) => `${typeof job === 'string' ? job : JSON.stringify(job)}\n`).join('');

/** Text as a chunk of a chunked body, in lines of HTTP. */
export const chunk = (text: string) => [Buffer.byteLength(text).toString(16), text, ''];

export const statuses = (some: readonly Result[]) => some.map(({ status }) => status);
export const codes = (some: readonly Result[]) => some.map(({ error }) => error?.code);

/** The results of an answer as NDJSON. */
export function resultsOf(text: string): readonly Result[] {
  expect(text.endsWith('\n')).to.equal(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => resultSchema.parse(JSON.parse(line)));
}

/** Checks that an answer is this problem. @returns its body. */
export async function expectProblem(answer: Response, status: number, code: string): Promise<Record<string, unknown>> {
  const body = (await answer.json()) as Record<string, unknown>;
  expect(answer.headers.get('content-type')).to.equal('application/problem+json');
  expect(body).to.include({ status, code });
  expect(answer.status).to.equal(status);
  return body;
}

/** A client of POST /v1/jobs:batch, and the gateway it talks to. */
export class BatchClient {
  gateway = new GatewayFixture();
  readonly #connections: RawConnection[] = [];

  async start(): Promise<this> {
    await this.gateway.start();
    return this;
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections.splice(0)) connection.close();
    await this.gateway.stop();
  }

  /** Puts another gateway in place of the one there is. */
  async restart(options: FixtureOptions): Promise<void> {
    await this.stop();
    this.gateway = await new GatewayFixture(options).start();
  }

  /** Sends NDJSON. */
  send(body: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.gateway.post('/v1/jobs:batch', body, { 'content-type': 'application/x-ndjson', ...headers });
  }

  /** Sends NDJSON that is answered 200. */
  async results(body: string): Promise<readonly Result[]> {
    const answer = await this.send(body);
    const text = await answer.text();
    expect(answer.status, text).to.equal(200);
    expect(answer.headers.get('content-type')).to.equal('application/x-ndjson');
    return resultsOf(text);
  }

  /** A request whose head is sent, with more header lines, or else as a chunked body of NDJSON. */
  open(headers: readonly string[] = ['Content-Type: application/x-ndjson', 'Transfer-Encoding: chunked']): RawConnection {
    const connection = new RawConnection(this.gateway.api.port);
    this.#connections.push(connection);
    return connection.send('POST /v1/jobs:batch HTTP/1.1', 'Host: x', ...headers, '', '');
  }
}

import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import type { BatchJob, BatchResult } from '../../../../shared/client/api-types.ts';
import { JoblineAbortError, JoblineNetworkError, JoblineProblem } from '../../../../shared/client/errors.ts';
import { eventually } from '../../../support/eventually.ts';
import { failureOf, type Received, type Script, ScriptedServer, sendProblem } from './scripted-server.ts';

interface Line extends BatchJob {
  readonly input: number;
  readonly idempotency_key: string;
}

const linesOf = ({ body }: Received) =>
  body
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
const inputsOf = (request: Received) => linesOf(request).map(({ input }) => input);
const accepted = ({ input }: Line, index: number) => ({ index, status: 202, job_id: `job-${input}` });
const refused =
  (status: number, code: string, more: object = {}) =>
  (_: Line, index: number) => ({
    index,
    status,
    error: { type: '', title: code, status, code, trace_id: '' },
    ...more,
  });

function answer(response: ServerResponse, results: readonly object[]): ServerResponse {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.write(results.map((result) => `${JSON.stringify(result)}\n`).join(''));
  return response;
}

const acceptAll: Script = (request, response) => void answer(response, linesOf(request).map(accepted)).end();

function* jobs(count: number): Generator<BatchJob> {
  for (let input = 0; input < count; input += 1) yield { type: 'noop', input };
}

async function allOf(results: AsyncIterable<BatchResult>, into: BatchResult[] = []): Promise<readonly BatchResult[]> {
  for await (const result of results) into.push(result);
  return into;
}

const shown = (results: readonly BatchResult[]) => results.map(({ index, status, job_id }) => `${index} ${status} ${job_id ?? ''}`.trim());
const ALL_OF = (count: number) => Array.from({ length: count }, (_, index) => `${index} 202 job-${index}`);

describe('client, submitBatch', () => {
  let server: ScriptedServer;

  const start = async (script: Script) => {
    server = await ScriptedServer.start(script);
    return server.client();
  };

  afterEach(() => server.stop());

  it('25 jobs, ten a request, answered in any order: results in order, keys that are told and differ', async () => {
    const waiting: (() => void)[] = [];
    const client = await start((request, response, number) => {
      waiting.push(() => acceptAll(request, response, number));
      if (waiting.length === 3) for (const go of waiting.toReversed()) go();
    });
    const results = await allOf(client.submitBatch([...jobs(25)], { jobsPerRequest: 10 }));
    expect(shown(results)).to.deep.equal(ALL_OF(25));
    const sent = server.received.flatMap(linesOf).toSorted((a, b) => a.input - b.input);
    expect(results.map((result) => result.idempotency_key)).to.deep.equal(sent.map((line) => line.idempotency_key));
    expect(new Set(sent.map((line) => line.idempotency_key)).size).to.equal(25);
    expect(server.received.map(({ path, headers }) => `${path} ${headers['content-type']}`)[0]).to.equal(
      '/v1/jobs:batch application/x-ndjson',
    );
  });

  it('none at all: nothing is sent', async () => {
    const client = await start(acceptAll);
    expect(await allOf(client.submitBatch([]))).to.deep.equal([]);
    expect(server.received).to.have.length(0);
  });

  it('jobs of one and a half MiB together: go out in two requests', async () => {
    const client = await start(acceptAll);
    const large = Array.from({ length: 6 }, (_, input): BatchJob => ({ type: 'noop', input, options: 'x'.repeat(262_144) }));
    expect(shown(await allOf(client.submitBatch(large)))).to.deep.equal(ALL_OF(6));
    expect(server.received.map((one) => linesOf(one).length).toSorted()).to.deep.equal([2, 4]);
  });

  it('503 and 429 for some, 422 for one: only those that may pass are sent again, with their keys', async () => {
    const client = await start((request, response, number) => {
      const some = (line: Line, index: number) => {
        if (line.input === 4) return refused(422, 'invalid_request')(line, index);
        if (number === 1 && line.input % 2 === 1)
          return refused(line.input === 1 ? 429 : 503, 'overloaded', { retry_after: 0 })(line, index);
        return accepted(line, index);
      };
      answer(response, linesOf(request).map(some)).end();
    });
    const results = await allOf(client.submitBatch(jobs(6)));
    expect(shown(results)).to.deep.equal(['0 202 job-0', '1 202 job-1', '2 202 job-2', '3 202 job-3', '4 422', '5 202 job-5']);
    expect(server.received.map(inputsOf)).to.deep.equal([
      [0, 1, 2, 3, 4, 5],
      [1, 3, 5],
    ]);
    const [first, second] = server.received.map((one) => new Map(linesOf(one).map((line) => [line.input, line.idempotency_key])));
    for (const [input, key] of second!) expect(first!.get(input)).to.equal(key);
  });

  it('the answer is cut amid a line: what was answered is kept, the rest is sent again with its keys', async () => {
    const client = await start((request, response, number) => {
      if (number > 1) return acceptAll(request, response, number);
      answer(response, linesOf(request).slice(0, 4).map(accepted)).write('{"index":4,"sta', () => response.destroy());
    });
    expect(shown(await allOf(client.submitBatch(jobs(10))))).to.deep.equal(ALL_OF(10));
    const [first, second] = server.received.map(linesOf);
    expect(second).to.deep.equal(first!.slice(4));
  });

  it('an answer that ends well but lacks lines: the others are sent again', async () => {
    const client = await start((request, response, number) =>
      number > 1 ? acceptAll(request, response, number) : void answer(response, linesOf(request).slice(0, 2).map(accepted)).end(),
    );
    expect(shown(await allOf(client.submitBatch(jobs(3))))).to.deep.equal(ALL_OF(3));
    expect(server.received.map(inputsOf)).to.deep.equal([[0, 1, 2], [2]]);
  });

  it('503 for a whole request, then accepted: is sent again as it was', async () => {
    const client = await start((request, response, number) =>
      number === 1 ? sendProblem(response, 503, 'overloaded', { 'retry-after': '0' }) : acceptAll(request, response, number),
    );
    expect(shown(await allOf(client.submitBatch(jobs(3))))).to.deep.equal(ALL_OF(3));
    expect(server.received[0]!.body).to.equal(server.received[1]!.body);
  });

  it('503 for one job without end: is its result when the attempts have run out', async () => {
    const client = await start((request, response) => {
      const one = (line: Line, index: number) =>
        (line.input === 1 ? refused(503, 'overloaded', { retry_after: 0 }) : accepted)(line, index);
      answer(response, linesOf(request).map(one)).end();
    });
    const results = await allOf(client.submitBatch(jobs(3)));
    expect(shown(results)).to.deep.equal(['0 202 job-0', '1 503', '2 202 job-2']);
    expect(results[1]!.error).to.include({ code: 'overloaded' });
    expect(server.received.map(inputsOf)).to.deep.equal([[0, 1, 2], [1], [1], [1]]);
  });

  it('Retry-After of a second for a single job: its repeat does not come earlier', async () => {
    const client = await start((request, response, number) => {
      if (number > 1) return acceptAll(request, response, number);
      answer(response, linesOf(request).map(refused(503, 'overloaded', { retry_after: 1 }))).end();
    });
    await allOf(client.submitBatch(jobs(1)));
    expect(server.received[1]!.atMs - server.received[0]!.atMs).to.be.at.least(990);
  });

  it('a connection that is always cut: results before it, then a JoblineNetworkError', async () => {
    const client = await start((request, response, number) =>
      inputsOf(request)[0] === 0 ? acceptAll(request, response, number) : void response.destroy(),
    );
    const results: BatchResult[] = [];
    const error = await failureOf(allOf(client.submitBatch(jobs(4), { jobsPerRequest: 2 }), results));
    expect(error).to.be.instanceOf(JoblineNetworkError);
    expect(shown(results)).to.deep.equal(ALL_OF(2));
  });

  it('415 for a whole request, and a page in HTML: a JoblineProblem, no repeat', async () => {
    const client = await start((_, response, number) => {
      if (number === 1) sendProblem(response, 415, 'unsupported_media_type');
      else response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Portal</h1>');
    });
    expect(await failureOf(allOf(client.submitBatch(jobs(2)))))
      .to.be.instanceOf(JoblineProblem)
      .and.to.include({ status: 415 });
    expect(await failureOf(allOf(client.submitBatch(jobs(2))))).to.include({ code: 'unexpected_answer' });
    expect(server.received).to.have.length(2);
  });

  it('keys of the caller: are kept', async () => {
    const client = await start(acceptAll);
    const results = await allOf(client.submitBatch([{ type: 'noop', input: 0, idempotency_key: 'order 7' }]));
    expect(results[0]!.idempotency_key).to.equal('order 7');
    expect(linesOf(server.received[0]!)[0]!.idempotency_key).to.equal('order 7');
  });

  it('jobs that are none: are sent with their keys, for the API to refuse', async () => {
    const client = await start((request, response) => void answer(response, linesOf(request).map(refused(422, 'invalid_request'))).end());
    const results = await allOf(client.submitBatch([{}, 7, 'x', []] as unknown as BatchJob[]));
    expect(results.map(({ status }) => status)).to.deep.equal([422, 422, 422, 422]);
    const keys = linesOf(server.received[0]!).map((line) => line.idempotency_key);
    expect(keys).to.deep.equal(results.map((result) => result.idempotency_key));
  });

  it('a source that gives one job and then nothing for long: the job is sent and its result given', async () => {
    const client = await start(acceptAll);
    let more: () => void = () => {};
    async function* source(): AsyncGenerator<BatchJob> {
      yield { type: 'noop', input: 0 };
      await new Promise<void>((resolve) => {
        more = resolve;
      });
      yield { type: 'noop', input: 1 };
    }
    const results = client.submitBatch(source());
    expect(shown([(await results.next()).value as BatchResult])).to.deep.equal(['0 202 job-0']);
    more();
    expect(shown(await allOf(results))).to.deep.equal(['1 202 job-1']);
  });

  it('an async source that gives at once: fills its requests', async () => {
    const client = await start(acceptAll);
    async function* source() {
      yield* jobs(1_000);
    }
    expect(shown(await allOf(client.submitBatch(source(), { jobsPerRequest: 200 })))).to.deep.equal(ALL_OF(1_000));
    expect(server.received.length).to.be.at.most(7);
  });

  for (const kind of ['sync', 'async']) {
    it(`an endless ${kind} source of which ten results are read: is not read far ahead, and is closed`, async () => {
      const client = await start(acceptAll);
      let [given, isClosed] = [0, false];
      function* endless(): Generator<BatchJob> {
        try {
          for (; ; given += 1) yield { type: 'noop', input: given };
        } finally {
          isClosed = true;
        }
      }
      async function* endlessly() {
        yield* endless();
      }
      const options = { jobsPerRequest: 10, requestsInFlight: 3 };
      for await (const { index } of client.submitBatch(kind === 'sync' ? endless() : endlessly(), options)) if (index === 9) break;
      await eventually('the source to be closed', () => isClosed);
      expect(given).to.be.below(60);
    });

    it(`a failure of the ${kind} source: comes after the results of what it gave before`, async () => {
      const client = await start(acceptAll);
      function* failing(): Generator<BatchJob> {
        yield* jobs(5);
        throw new Error('the file is torn');
      }
      async function* failingLater() {
        yield* failing();
      }
      const results: BatchResult[] = [];
      const all = allOf(client.submitBatch(kind === 'sync' ? failing() : failingLater(), { jobsPerRequest: 2 }), results);
      expect(await failureOf(all)).to.include({ message: 'the file is torn' });
      expect(shown(results)).to.deep.equal(ALL_OF(5));
    });
  }

  it('a job that JSON cannot say: a TypeError after the results of those before', async () => {
    const client = await start(acceptAll);
    const results: BatchResult[] = [];
    const source: BatchJob[] = [...jobs(2), { type: 'noop', input: 3n }, ...jobs(2)];
    expect(await failureOf(allOf(client.submitBatch(source), results))).to.be.instanceOf(TypeError);
    expect(shown(results)).to.deep.equal(ALL_OF(2));
  });

  it('leaving the loop: the requests under way are given up', async () => {
    const closed: number[] = [];
    const client = await start((request, response, number) => {
      if (number === 1) return acceptAll(request, response, number);
      response.on('close', () => closed.push(number));
    });
    for await (const _ of client.submitBatch(jobs(6), { jobsPerRequest: 2 })) {
      await eventually('the other two requests', () => server.received.length === 3);
      break;
    }
    await eventually('their connections to be closed', () => closed.length === 2);
  });

  it('abort while a request is under way, and while the source gives nothing: a JoblineAbortError', async () => {
    const abort = new AbortController();
    const client = await start(() => abort.abort());
    expect(await failureOf(allOf(client.submitBatch(jobs(1), { signal: abort.signal })))).to.be.instanceOf(JoblineAbortError);
    const second = new AbortController();
    const never: AsyncIterable<BatchJob> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
    const failed = failureOf(allOf(client.submitBatch(never, { signal: second.signal })));
    setImmediate(() => second.abort());
    expect(await failed).to.be.instanceOf(JoblineAbortError);
    expect(await failureOf(allOf(client.submitBatch(jobs(1), { signal: second.signal })))).to.be.instanceOf(JoblineAbortError);
    expect(server.received).to.have.length(1);
  });

  it('options out of their bounds: are refused', async () => {
    const client = await start(acceptAll);
    expect(await failureOf(allOf(client.submitBatch(jobs(1), { jobsPerRequest: 0 })))).to.be.instanceOf(TypeError);
    expect(await failureOf(allOf(client.submitBatch(jobs(1), { requestsInFlight: 17 })))).to.match(/requestsInFlight is 17/);
  });
});

import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { handle as httpP1 } from '../../../../services/p1-worker/handlers/http.ts';
import { handleBatch } from '../../../../services/p1-worker/handlers/summarize.ts';
import { handle as httpP2 } from '../../../../services/p2-worker/handlers/http.ts';
import type { Outcome, StageTask } from '../../../../shared/ports/stage-handler.ts';
import { readConfig } from '../../../../shared/runtime/config.ts';
import { PinnedHttp } from '../../../../shared/runtime/outgoing/pinned-http.ts';
import { UrlPolicy } from '../../../../shared/runtime/outgoing/url-policy.ts';
import { outsidePolicy } from '../../../../shared/runtime/outside-settings.ts';
import { configuredKeys } from '../../../../shared/runtime/signing-keys.ts';
import { systemClock as clock } from '../../../../shared/runtime/system-clock.ts';
import { WebhookSigner } from '../../../../shared/runtime/webhook-signer.ts';
import { WorkerOutside } from '../../../../shared/worker/outside/worker-outside.ts';
import { eventually } from '../../../support/eventually.ts';
import { MemoryBreakers } from '../../../support/memory-breakers.ts';
import { MoodyEndpoint } from '../../../support/moody-endpoint.ts';
import { silentLogger } from '../../../support/silent-logger.ts';

const SERVERS = { RABBITMQ_URL: 'amqp://localhost', MONGODB_URL: 'mongodb://localhost' };
const never = new AbortController().signal;

describe('what handlers of http and summarize do with a real endpoint', () => {
  const signer = new WebhookSigner(configuredKeys(`a:${'s'.repeat(32)}`));
  let endpoint: MoodyEndpoint;
  let base: string;
  let outside: WorkerOutside;
  let folder: string;
  const breakers = () => new MemoryBreakers({ clock });

  function outsideOf(timeoutMs = 20_000, probeMs = 60_000): WorkerOutside {
    const endpoints = { cut: { p1: `${base}/cut`, p2: `${base}/join`, timeout_ms: timeoutMs, max_answer_bytes: 100 } };
    const model = { SUMMARIZE_URL: `${base}/v1/`, SUMMARIZE_MODEL: 'small', SUMMARIZE_API_KEY: 'sk-1', SUMMARIZE_PRICES: '1,2' };
    const times = { BREAKER_FAILURES: '3', BREAKER_PROBE_MS: String(probeMs), SUMMARIZE_TIMEOUT_MS: '20000' };
    const config = readConfig('worker', { ...SERVERS, HTTP_ENDPOINTS: JSON.stringify(endpoints), ...model, ...times });
    const http = new PinnedHttp({ policy: new UrlPolicy(outsidePolicy([base])), timeoutMs: 1_000 });
    return new WorkerOutside({ config, http, breakers: breakers(), signer, clock, logger: silentLogger() });
  }

  beforeEach(async () => {
    endpoint = new MoodyEndpoint();
    base = await endpoint.start();
    folder = await mkdtemp(join(tmpdir(), 'jobline-outside-'));
    outside = outsideOf();
  });
  afterEach(async () => {
    endpoint.stop();
    await rm(folder, { recursive: true });
  });

  const taskOf = (id: string, input: unknown, more: Partial<StageTask> = {}, tenant = 'acme'): StageTask => ({
    job: { id, tenant, type: 'http', stage: 'p1', attempt: 1, run: 0, createdAt: new Date() },
    ...{ input, options: { max_words: 50 }, effectKey: `${id}:p1:0`, files: [], scratchDir: folder, outDir: folder, memoryMb: 0 },
    ...more,
  });
  const tools = () => ({ signal: never, progress: () => undefined, outside });
  const post = (id = 'j1') => httpP1(taskOf(id, { endpoint: 'cut', payload: { a: 1 } }), tools());
  const codeOf = (outcome: Outcome) => ('error' in outcome ? outcome.error.code : outcome.kind);

  it('http: posts the payload signed under its stable key, and keeps the answer', async () => {
    const outcome = await post();
    expect(outcome).to.deep.include({ kind: 'done', summary: { endpoint: 'cut', status: 200, bytes: 11 } });
    expect(await readFile(join(folder, 'answer-p1.json'), 'utf8')).to.equal('{"ok":true}');
    const [{ headers, body, path }] = endpoint.got as [(typeof endpoint.got)[0]];
    expect([path, headers['idempotency-key'], headers['webhook-id']]).to.deep.equal(['/cut', '"j1:p1:0"', 'j1:p1:0']);
    expect(JSON.parse(body)).to.deep.include({ job_id: 'j1', stage: 'p1', payload: { a: 1 } });
    const secret = Buffer.from((await signer.secretsOf('acme'))[0]!.secret.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', secret).update(`j1:p1:0.${headers['webhook-timestamp']}.${body}`).digest('base64');
    expect(headers['webhook-signature']).to.equal(`v1,${signature}`);
  });

  it('http: Process 2 is given what Process 1 kept', async () => {
    const path = join(folder, 'stage-answer-p1.json');
    await writeFile(path, '{"cut":[1,2]}');
    const file = { name: 'answer-p1.json', path, sizeBytes: 13, mediaType: 'application/json' };
    const job = { ...taskOf('j2', {}).job, stage: 'p2' };
    expect((await httpP2(taskOf('j2', { endpoint: 'cut' }, { job, files: [file] }), tools())).kind).to.equal('done');
    expect(JSON.parse(endpoint.got[0]!.body).previous).to.deep.equal({ media_type: 'application/json', json: { cut: [1, 2] } });
  });

  const permanent: readonly (readonly [string, number, string])[] = [
    ['400', 400, 'endpoint_rejected'],
    ['404', 404, 'endpoint_rejected'],
    ['422', 422, 'endpoint_rejected'],
    ['302', 302, 'endpoint_redirects'],
    ['202', 202, 'endpoint_not_synchronous'],
  ];
  for (const [name, status, code] of permanent) {
    it(`http: an endpoint that answers ${name} ends the job for good, and says nothing of the host`, async () => {
      endpoint.answer = (res) => res.writeHead(status, { Location: '/elsewhere' }).end('why');
      for (let index = 0; index < 5; index += 1) {
        const outcome = await post();
        expect([outcome.kind, codeOf(outcome)]).to.deep.equal(['reject', code]);
      }
      expect(endpoint.got).to.have.length(5);
    });
  }

  it('http: more than may be answered ends the job; no answer at all is done without a file', async () => {
    endpoint.answer = (res) => res.writeHead(200).end('x'.repeat(101));
    expect(codeOf(await post())).to.equal('endpoint_answer_too_large');
    endpoint.answer = (res) => res.writeHead(204).end();
    expect(await post()).to.deep.equal({ kind: 'done', summary: { endpoint: 'cut', status: 204, bytes: 0 } });
  });

  for (const mood of ['failing', 'hanging', 'limiting', 'gone'] as const) {
    it(`http: an endpoint that is ${mood} costs as many attempts as the threshold, is asked by one probe at a time, and recovers`, async () => {
      endpoint.mood = mood;
      endpoint.retryAfterS = 0;
      outside = outsideOf(mood === 'hanging' ? 200 : 20_000, 100);
      const outcomes: Outcome[] = [];
      for (let index = 0; index < 10; index += 1) outcomes.push(await post(`j${index}`));
      expect(outcomes.filter(({ kind }) => kind === 'retry')).to.have.length(3);
      expect(outcomes.filter(({ kind }) => kind === 'hold')).to.have.length(7);
      const asked = endpoint.got.length;
      endpoint.mood = 'well';
      await eventually('a probe is answered', async () => (await post()).kind === 'done', 20_000);
      // Where the time limit is short, a slow machine may miss it.
      if (mood === 'hanging') return;
      expect((await post()).kind, 'all go on').to.equal('done');
      expect(endpoint.got.length - asked, 'the probe, and the one after').to.equal(2);
    });
  }

  it('http: Retry-After of a limited endpoint is when the job is tried again', async () => {
    endpoint.mood = 'limiting';
    endpoint.retryAfterS = 7;
    expect(await post()).to.deep.include({ kind: 'retry', afterMs: 7_000 });
  });

  it('http: broken off by a shutdown, counts neither as an attempt nor as a failure', async () => {
    endpoint.mood = 'hanging';
    for (let index = 0; index < 4; index += 1) {
      const stop = new AbortController();
      const running = httpP1(taskOf('j1', { endpoint: 'cut' }), { ...tools(), signal: stop.signal });
      stop.abort('shutdown');
      expect(await running).to.deep.equal({ kind: 'hold', afterMs: 0 });
    }
    endpoint.mood = 'well';
    expect((await post()).kind).to.equal('done');
  });

  const model = (content: (asked: string) => string, usage: object = { prompt_tokens: 100, completion_tokens: 11 }) => {
    endpoint.answer = (res, { body }) => {
      const { messages } = JSON.parse(body) as { messages: readonly { content: string }[] };
      const answer = { choices: [{ message: { content: content(messages[1]!.content) } }], usage };
      res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
    };
  };
  const dataOf = (outcome: Outcome) => JSON.parse((outcome.kind === 'done' && outcome.artifacts?.[0]?.data) || '{}');

  it('summarize: puts the documents of one tenant into one request, and shares out its tokens and its cost', async () => {
    model(
      (asked) => `Here: ${JSON.stringify(Object.fromEntries((JSON.parse(asked) as { id: string }[]).map(({ id }) => [id, `S${id}`])))}`,
    );
    const tasks = [3, 2, 1].map((size, index) => taskOf(`j${index}`, { text: 'x'.repeat(size * 10) }));
    const outcomes = await handleBatch(tasks, tools());
    expect(endpoint.got.map(({ path, headers }) => [path, headers.authorization])).to.deep.equal([['/v1/chat/completions', 'Bearer sk-1']]);
    const answers = outcomes.map(dataOf);
    expect(answers.map(({ summary }) => summary)).to.deep.equal(['S0', 'S1', 'S2']);
    expect(answers.map(({ input_tokens: tokens }) => tokens)).to.deep.equal([50, 33, 17]);
    expect(answers.reduce((sum, { output_tokens: tokens }) => sum + tokens, 0)).to.equal(11);
    expect(answers[0].cost).to.equal((50 + answers[0].output_tokens * 2) / 1e6);
    expect(outside.tokens).to.deep.equal({ input: 100, output: 11, cost: 0.000122 });
  });

  it('summarize: never puts two tenants into one request', async () => {
    model((asked) => `short ${asked.length}`);
    await handleBatch([taskOf('a', { text: 'one' }, {}, 'acme'), taskOf('b', { text: 'two' }, {}, 'other')], tools());
    expect(endpoint.got).to.have.length(2);
  });

  it('summarize: a document that the model has left out, or whose answer is no JSON, is asked for alone', async () => {
    model((asked) => (asked.startsWith('[') ? '{"0":"first"}' : 'by itself'));
    const outcomes = await handleBatch([taskOf('a', { text: 'one' }), taskOf('b', { text: 'two' })], tools());
    expect(outcomes.map((outcome) => dataOf(outcome).summary)).to.deep.equal(['first', 'by itself']);
    expect(endpoint.got).to.have.length(2);
    model((asked) => (asked.startsWith('[') ? 'sorry' : 'by itself'));
    const again = await handleBatch([taskOf('a', { text: 'one' }), taskOf('b', { text: 'two' })], tools());
    expect(again.map((outcome) => dataOf(outcome).summary)).to.deep.equal(['by itself', 'by itself']);
  });

  it('summarize: a request that fails five documents counts for three of them, the threshold; the others are held back', async () => {
    endpoint.mood = 'failing';
    const tasks = Array.from({ length: 5 }, (_, index) => taskOf(`j${index}`, { text: `document ${index}` }));
    const kinds = (await handleBatch(tasks, tools())).map(({ kind }) => kind);
    expect(kinds).to.deep.equal(['retry', 'retry', 'retry', 'hold', 'hold']);
    expect((await handleBatch(tasks, tools())).map(({ kind }) => kind)).to.deep.equal(Array(5).fill('hold'));
    expect(endpoint.got).to.have.length(1);
  });

  it('summarize: refused by its endpoint is rejected; without text it is tried again', async () => {
    endpoint.answer = (res) => res.writeHead(400).end('{"error":{"message":"too long"}}');
    expect((await handleBatch([taskOf('a', { text: 'one' })], tools())).map(codeOf)).to.deep.equal(['model_rejected']);
    model(() => ' ');
    expect((await handleBatch([taskOf('a', { text: 'one' })], tools())).map(codeOf)).to.deep.equal(['model_answer_unusable']);
  });

  it('summarize: an endpoint that knows the key no more opens its breaker, and fails no job for good', async () => {
    endpoint.answer = (res) => res.writeHead(401).end();
    const tasks = Array.from({ length: 4 }, (_, index) => taskOf(`j${index}`, { text: `document ${index}` }));
    expect((await handleBatch(tasks, tools())).map(({ kind }) => kind)).to.deep.equal(['retry', 'retry', 'retry', 'hold']);
    expect((await handleBatch(tasks, tools())).map(({ kind }) => kind)).to.deep.equal(Array(4).fill('hold'));
  });

  it('settings that are wrong: are named', () => {
    const wrong = (env: Readonly<Record<string, string>>) => () => readConfig('worker', { ...SERVERS, ...env });
    expect(wrong({ HTTP_ENDPOINTS: '{"a":{"p1":"ftp://x"}}' })).to.throw('HTTP_ENDPOINTS');
    expect(wrong({ HTTP_ENDPOINTS: '{"a":{"p1":"http://u:p@x.example.com"}}' })).to.throw(/HTTP_ENDPOINTS is "\*\*\*"/);
    expect(wrong({ HTTP_ENDPOINTS: '/no/such/file' })).to.throw('HTTP_ENDPOINTS');
    expect(wrong({ SUMMARIZE_URL: 'https://api.example.com/v1' })).to.throw('SUMMARIZE_MODEL');
    expect(wrong({ BREAKER_PROBE_MS: '9000', BREAKER_PROBE_MAX_MS: '100' })).to.throw('BREAKER_PROBE_MAX_MS');
  });
});

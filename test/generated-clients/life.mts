import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';

// The whole life of a job by a client that openapi-typescript generated: life.mjs URL KEY. Prints what came of each step.

const [baseUrl = '', key = ''] = process.argv.slice(2);
const api = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${key}` } });
const rows = { rows: [{ city: 'Wien', price: 10 }] };
const said: Record<string, unknown> = {};

const problem = ({ error }: { error?: components['schemas']['Problem'] }) => [error?.status, error?.code];
const ofJob = (job_id: string) => ({ params: { path: { job_id } } });

/** What was answered, which must be no problem. */
function ok<T>({ data, error }: { data?: T; error?: components['schemas']['Problem'] }): T {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

async function untilEnded(id: string): Promise<string> {
  for (let tries = 0; tries < 300; tries += 1) {
    const { status } = ok(await api.GET('/v1/jobs/{job_id}/status', ofJob(id)));
    if (['COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED'].includes(status)) return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${id} has not ended`);
}

said['without_key'] = problem(await createClient<paths>({ baseUrl }).GET('/v1/jobs'));
said['wrong'] = problem(await api.POST('/v1/jobs', { body: { type: 'report', input: { rows: 1 } } }));

const stored = ok(
  await api.POST('/v1/uploads', {
    params: { query: { filename: 'prices.csv' } },
    // The generator takes bytes for text, which is what the platform's fetch may have too.
    body: 'city,price\nWien,10\n',
    bodySerializer: (text) => text,
    headers: { 'content-type': 'application/octet-stream' },
  }),
);
said['upload'] = ok(await api.GET('/v1/uploads/{upload_id}', { params: { path: { upload_id: stored.upload_id } } })).size_bytes;

const request = {
  params: { header: { 'Idempotency-Key': 'life-2' } },
  body: { type: 'report', input: { upload_id: stored.upload_id }, options: { formats: ['html'] }, tags: ['generated'] },
};
const made = await api.POST('/v1/jobs', request);
const again = await api.POST('/v1/jobs', request);
const { job_id } = ok(made);
said['submit'] = [made.response.status, ok(made).status];
said['repeat'] = [again.response.status, ok(again).job_id === job_id];
said['end'] = await untilEnded(job_id);
const job = ok(await api.GET('/v1/jobs/{job_id}', ofJob(job_id)));
said['job'] = [job.status, job.type, job.run, job.tags];
said['outputs'] = ok(await api.GET('/v1/jobs/{job_id}/outputs', ofJob(job_id))).outputs.map(({ name }) => name);
const file = await api.GET('/v1/jobs/{job_id}/outputs/{name}', { params: { path: { job_id, name: 'report.html' } }, parseAs: 'text' });
said['download'] = ok(file).includes('Wien');
said['timeline'] = ok(await api.GET('/v1/jobs/{job_id}/timeline', ofJob(job_id))).events.length > 2;
said['explain'] = ok(await api.GET('/v1/jobs/{job_id}/explain', ofJob(job_id))).summary.length > 10;
said['events'] = ok(await api.GET('/v1/jobs/{job_id}/events', { ...ofJob(job_id), parseAs: 'text' })).includes('"status":"COMPLETED"');
said['cancel_ended'] = problem(await api.POST('/v1/jobs/{job_id}/cancel', ofJob(job_id)));

const run_at = new Date(Date.now() + 3_600_000).toISOString();
const answer = ok(
  await api.POST('/v1/jobs:batch', {
    body: {
      jobs: [
        { type: 'report', input: rows, run_at },
        { type: 'report', input: rows },
        { type: 'report', input: {} },
      ],
    },
  }),
);
// To NDJSON the answer is NDJSON; this is one in JSON.
if (!('results' in answer)) throw new Error(JSON.stringify(answer));
const { results } = answer;
said['batch'] = results.map(({ status }) => status);
said['batch_problem'] = results[2]?.error?.code;
const waiting = results[0]?.job_id ?? '';
said['scheduled'] = ok(await api.GET('/v1/jobs/{job_id}', ofJob(waiting))).status;
said['cancel'] = ok(await api.POST('/v1/jobs/{job_id}/cancel', ofJob(waiting))).status;
said['retry'] = ok(await api.POST('/v1/jobs/{job_id}/retry', { ...ofJob(waiting), body: {} })).status !== 'CANCELED';
said['retried'] = await untilEnded(waiting);
await untilEnded(results[1]?.job_id ?? '');

const page = ok(await api.GET('/v1/jobs', { params: { query: { limit: 2 } } }));
said['list'] = [page.jobs.length, page.next_page_token !== undefined];
said['next'] = ok(await api.GET('/v1/jobs', { params: { query: { page_token: page.next_page_token } } })).jobs.length;
const found = ok(await api.GET('/v1/jobs', { params: { query: { q: 'tag:generated state:completed' } } }));
said['search'] = found.jobs.map((one) => one.job_id === job_id);

said['delete'] = (await api.DELETE('/v1/jobs/{job_id}', ofJob(job_id))).response.status;
said['gone'] = problem(await api.GET('/v1/jobs/{job_id}', ofJob(job_id)));
process.stdout.write(JSON.stringify(said));

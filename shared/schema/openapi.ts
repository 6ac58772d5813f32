import { z } from 'zod';
import { explanation } from './explanation.ts';
import { batchJob, jobBatch, jobRequest, retryRequest } from './job-request.ts';
import {
  acceptedJob,
  batchAnswer,
  batchResult,
  healthReport,
  jobList,
  jobResource,
  jobStatus,
  output,
  outputList,
  problem,
  timeline,
  upload,
} from './job-responses.ts';
import { generateFileBody, OPERATIONS, type Operation } from './operations.ts';
import { reportInput, reportOptions } from './report.ts';

type Json = Readonly<Record<string, unknown>>;

const REQUESTS = {
  BatchJob: batchJob,
  GenerateFileRequest: generateFileBody,
  JobBatch: jobBatch,
  JobRequest: jobRequest,
  RetryRequest: retryRequest,
  ReportInput: reportInput,
  ReportOptions: reportOptions,
};
const RESPONSES = {
  AcceptedJob: acceptedJob,
  BatchAnswer: batchAnswer,
  BatchResult: batchResult,
  Explanation: explanation,
  HealthReport: healthReport,
  Job: jobResource,
  JobList: jobList,
  JobStatus: jobStatus,
  Output: output,
  OutputList: outputList,
  Problem: problem,
  Timeline: timeline,
  Upload: upload,
};

/** Requests are described as they may be sent (defaults optional), responses as they are answered. */
function componentsOf(schemas: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output'): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const { schemas: described } = z.toJSONSchema(registry, { io, uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(Object.entries(described).map(([id, { $schema: _, $id: __, id: ___, ...schema }]) => [id, schema]));
}

function nameOf(schema: z.ZodType): string | undefined {
  return Object.entries<z.ZodType>({ ...REQUESTS, ...RESPONSES }).find(([, one]) => one === schema)?.[0];
}

function refTo(schema: z.ZodType): Json {
  const name = nameOf(schema);
  return name ? { $ref: `#/components/schemas/${name}` } : { type: 'object' };
}

const BYTES = { '*/*': { schema: { type: 'string', format: 'binary' } } };

function parametersOf({ path, query = {}, headers = {} }: Operation): readonly Json[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  const inQuery = Object.entries(query).map(([name, description]) => ({ name, in: 'query', description, schema: { type: 'string' } }));
  const inHeader = Object.entries(headers).map(([name, description]) => ({ name, in: 'header', description, schema: { type: 'string' } }));
  return [...inPath, ...inQuery, ...inHeader];
}

function requestBodyOf({ body, takesBytes }: Operation): Json {
  if (takesBytes) return { requestBody: { required: true, content: BYTES } };
  if (!body) return {};
  return { requestBody: { required: !body.isOptional, content: contentOf(body.schema, body.line) } };
}

/** OpenAPI 3.1 has no word for NDJSON: the schema of that media type is the schema of each line. */
function contentOf(schema: z.ZodType, line: z.ZodType | undefined): Json {
  return { 'application/json': { schema: refTo(schema) }, ...(line && { 'application/x-ndjson': { schema: refTo(line) } }) };
}

function successOf({ success, alsoSuccess }: Operation): Json {
  const also = alsoSuccess && {
    [alsoSuccess.status]: { description: alsoSuccess.description, content: contentOf(alsoSuccess.schema, undefined) },
  };
  const content = success.isBytes ? BYTES : success.schema && contentOf(success.schema, success.line);
  return { [success.status]: { description: success.description, ...(content && { content }) }, ...also };
}

function operationOf(operation: Operation): Json {
  const statuses = operation.problems ?? [];
  const id = `${operation.method}_${operation.path.replace(/[{}]/g, '').replace(/\W+/g, '_').replace(/^_|_$/g, '') || 'index'}`;
  return {
    operationId: id,
    summary: operation.summary,
    parameters: parametersOf(operation),
    ...requestBodyOf(operation),
    responses: {
      ...successOf(operation),
      ...Object.fromEntries(statuses.map((status) => [status, { $ref: '#/components/responses/Problem' }])),
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

/** The OpenAPI 3.1 document of the public API, from the same schemas that check requests. @param version of the package. */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationOf(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Jobline',
      version,
      description: 'Slow work leaves the request path: submit a job, follow its status, fetch what it made.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: { ...componentsOf(REQUESTS, 'input'), ...componentsOf(RESPONSES, 'output') },
      responses: {
        Problem: {
          description: 'RFC 9457 problem',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  };
}

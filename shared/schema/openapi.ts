import type { z } from 'zod';
import type { Scope } from '../domain/access.ts';
import { callbackSecrets, deliveryList } from './callback.ts';
import { componentsOf } from './components.ts';
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
import type { Parameter } from './parameters.ts';
import { reportInput, reportOptions } from './report.ts';
import {
  backfillAnswer,
  backfillRequest,
  pauseRequest,
  scheduleList,
  schedulePreview,
  scheduleRequest,
  scheduleResource,
  tickList,
  tickResource,
} from './schedule-request.ts';
import { WINDOW_NAME } from './window-request.ts';

type Json = Readonly<Record<string, unknown>>;

const REQUESTS = {
  BatchJob: batchJob,
  GenerateFileRequest: generateFileBody,
  JobBatch: jobBatch,
  JobRequest: jobRequest,
  RetryRequest: retryRequest,
  BackfillRequest: backfillRequest,
  PauseRequest: pauseRequest,
  ScheduleRequest: scheduleRequest,
  ReportInput: reportInput,
  ReportOptions: reportOptions,
};
const RESPONSES = {
  AcceptedJob: acceptedJob,
  BackfillAnswer: backfillAnswer,
  BatchAnswer: batchAnswer,
  BatchResult: batchResult,
  CallbackSecrets: callbackSecrets,
  DeliveryList: deliveryList,
  Explanation: explanation,
  HealthReport: healthReport,
  Job: jobResource,
  JobList: jobList,
  JobStatus: jobStatus,
  Output: output,
  OutputList: outputList,
  Problem: problem,
  Schedule: scheduleResource,
  ScheduleList: scheduleList,
  SchedulePreview: schedulePreview,
  Tick: tickResource,
  TickList: tickList,
  Timeline: timeline,
  Upload: upload,
};

/** Schemas of a document have the names of its components for ids. */
function refTo(schema: z.ZodType): Json {
  const { id } = schema.meta() ?? {};
  return id === undefined ? { type: 'object' } : { $ref: `#/components/schemas/${id}` };
}

const FILE = { schema: { type: 'string', format: 'binary' } };
/** Of any media type; the one that generators of clients know stands first. */
const BYTES = { 'application/octet-stream': FILE, '*/*': FILE };

function parameterOf(name: string, place: 'query' | 'header', parameter: Parameter): Json {
  const { description, schema = {} } = typeof parameter === 'string' ? { description: parameter } : parameter;
  return { name, in: place, description, schema: { type: 'string', ...schema } };
}

const PATH_SCHEMAS: Readonly<Record<string, Json>> = {
  job_id: { format: 'uuid' },
  schedule_id: { format: 'uuid' },
  window_name: { pattern: WINDOW_NAME.source },
};

function parametersOf({ path, query = {}, headers = {} }: Operation): readonly Json[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    return { name, in: 'path', required: true, schema: { type: 'string', ...PATH_SCHEMAS[name] } };
  });
  const inQuery = Object.entries(query).map(([name, parameter]) => parameterOf(name, 'query', parameter));
  const inHeader = Object.entries(headers).map(([name, parameter]) => parameterOf(name, 'header', parameter));
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

/**
 * Nor for server-sent events. Two kinds of tools read the schema: those that make clients, as that of the whole answer, which is
 * text, so it has no type and no `properties`; those that check events, as that of each, an object of its fields.
 */
function eventsOf(event: z.ZodType): Json {
  const description = 'Server-sent events: of each, `id` is for Last-Event-ID and `data` is JSON of this schema.';
  const data = { type: 'string', contentMediaType: 'application/json', contentSchema: refTo(event) };
  return { 'text/event-stream': { schema: { description, patternProperties: { '^data$': data } } } };
}

function answerOf({ isBytes, mediaType, schema, line, event }: Operation['success']): Json | undefined {
  if (isBytes) return BYTES;
  if (mediaType !== undefined) return { [mediaType]: { schema: { type: 'string' } } };
  if (event) return eventsOf(event);
  return schema && contentOf(schema, line);
}

function successOf({ success, alsoSuccess, alsoBytes, also = {} }: Operation): Json {
  const content = answerOf(success);
  return {
    [success.status]: { description: success.description, ...(content && { content }) },
    ...(alsoSuccess && {
      [alsoSuccess.status]: { description: alsoSuccess.description, content: contentOf(alsoSuccess.schema, undefined) },
    }),
    ...(alsoBytes && { [alsoBytes.status]: { description: alsoBytes.description, content: BYTES } }),
    ...Object.fromEntries(Object.entries(also).map(([status, description]) => [status, { description }])),
  };
}

const PROBLEM = {
  description: 'RFC 9457 problem',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};
const RETRY_AFTER = { 'Retry-After': { description: 'Seconds after which to come again', schema: { type: 'integer', minimum: 1 } } };

/** Who may use which operation. */
export interface AccessDescription {
  readonly asksForKeys: boolean;
  of(method: string, path: string): Scope | 'link' | 'public';
}

/** OAuth alone has scopes in OpenAPI; to an API key a scope is what 3.1 calls a role. */
const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'pk_<id>_<secret>', description: 'An API key.' },
  header: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'The same for clients that cannot set Authorization.' },
};

const NOTHING_ASKED = { statuses: [], fields: {} };
/** A URL that is too long, and a head that is: refused before it is known what is asked for. */
const BEFORE_ROUTING = [414, 431];
/** Answers that say when to come again. */
const LATER: ReadonlySet<number> = new Set([429, 503]);

function securityOf(
  { method, path }: Operation,
  access: AccessDescription | undefined,
): { readonly statuses: readonly number[]; readonly fields: Json } {
  if (!access) return NOTHING_ASKED;
  const scope = access.of(method, path);
  if (scope === 'public' || scope === 'link') {
    return { statuses: scope === 'link' ? [429] : [], fields: access.asksForKeys ? { security: [] } : {} };
  }
  const statuses = [...(access.asksForKeys ? [401, 403] : []), 429];
  return { statuses, fields: access.asksForKeys ? { security: [{ bearer: [scope] }, { header: [scope] }] } : {} };
}

function operationOf(operation: Operation, access: AccessDescription | undefined): Json {
  const security = securityOf(operation, access);
  const statuses = [...new Set([...(operation.problems ?? []), ...security.statuses, ...BEFORE_ROUTING, 503])].sort((a, b) => a - b);
  const id = `${operation.method}_${operation.path.replace(/[{}]/g, '').replace(/\W+/g, '_').replace(/^_|_$/g, '') || 'index'}`;
  return {
    operationId: id,
    summary: operation.summary,
    ...security.fields,
    parameters: parametersOf(operation),
    ...requestBodyOf(operation),
    responses: {
      ...successOf(operation),
      ...Object.fromEntries(
        statuses.map((status) => [status, { $ref: `#/components/responses/${LATER.has(status) ? 'Later' : 'Problem'}` }]),
      ),
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

/** What an app's document is made of. */
export interface ApiDescription {
  readonly title: string;
  readonly description: string;
  readonly operations: readonly Operation[];
  readonly requests: Readonly<Record<string, z.ZodType>>;
  readonly responses: Readonly<Record<string, z.ZodType>>;
}

/**
 * The OpenAPI 3.1 document of an app, from the same schemas that check requests.
 * @param version of the package.
 * @param access of the running router; default: nobody is asked for a key.
 */
export function documentOf(api: ApiDescription, version: string, access?: AccessDescription): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of api.operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationOf(operation, access) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: api.title,
      version,
      description: api.description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      ...(access?.asksForKeys && { securitySchemes: SECURITY_SCHEMES }),
      schemas: { ...componentsOf(api.requests, 'input'), ...componentsOf(api.responses, 'output') },
      responses: {
        Problem: PROBLEM,
        Later: { ...PROBLEM, description: 'RFC 9457 problem: a bound is reached, or a part is away', headers: RETRY_AFTER },
      },
    },
  };
}

/** The document of the public API; see `documentOf`. */
export function openApiDocument(version: string, access?: AccessDescription): Json {
  return documentOf(PUBLIC_API, version, access);
}

const PUBLIC_API: ApiDescription = {
  title: 'Jobline',
  description: 'Slow work leaves the request path: submit a job, follow its status, fetch what it made.',
  operations: OPERATIONS,
  requests: REQUESTS,
  responses: RESPONSES,
};

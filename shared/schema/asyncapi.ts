import type { z } from 'zod';
import { LANES } from '../domain/job.ts';
import type { Pipelines } from '../domain/pipeline.ts';
import { deadLetterHeaders, doorbell, doorbellHeaders, jobEvent } from './broker-messages.ts';
import { callbackHeaders, callbackMessage } from './callback.ts';
import { componentsOf } from './components.ts';
import { jobStatus, problem } from './job-responses.ts';
import { clientMessage, jobFilter, serverMessage } from './live-messages.ts';

type Json = Readonly<Record<string, unknown>>;

/** `subscribe` → `SubscribeMessage`. */
function namesOf(
  messages: readonly { readonly shape: { readonly type: { readonly value: string } } }[],
): Readonly<Record<string, z.ZodType>> {
  return Object.fromEntries(
    messages.map((message) => {
      const { value } = message.shape.type;
      return [`${value[0]!.toUpperCase()}${value.slice(1)}Message`, message as unknown as z.ZodType];
    }),
  );
}

const FROM_CLIENT = namesOf(clientMessage.options);
const TO_CLIENT = namesOf(serverMessage.options);
const BROKER = { Doorbell: doorbell, JobEvent: jobEvent, DoorbellHeaders: doorbellHeaders, DeadLetterHeaders: deadLetterHeaders };

const CALLBACK = { CallbackMessage: callbackMessage, CallbackHeaders: callbackHeaders };

const schemaRef = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const messageRef = (name: string): Json => ({ $ref: `#/components/messages/${name}` });
const refs = (names: readonly string[]): Json => Object.fromEntries(names.map((name) => [name, messageRef(name)]));

function messageOf(name: string, summary: string, more: Json = {}): Json {
  return { name, summary, contentType: 'application/json', payload: schemaRef(name), ...more };
}

function amqp(messageType: string): Json {
  return { bindings: { amqp: { messageType, bindingVersion: '0.3.0' } } };
}

function messages(): Json {
  const told = [...Object.keys(FROM_CLIENT), ...Object.keys(TO_CLIENT)].map((name) => [name, messageOf(name, 'Over the WebSocket')]);
  const id = { type: 'string', description: 'The field `id` of the event, for Last-Event-ID.' };
  return {
    Doorbell: messageOf('Doorbell', 'A job may have work at a stage', { headers: schemaRef('DoorbellHeaders'), ...amqp('doorbell') }),
    DeadLetter: messageOf('DeadLetter', 'The doorbell of a job that failed for good', {
      payload: schemaRef('Doorbell'),
      headers: schemaRef('DeadLetterHeaders'),
      ...amqp('doorbell'),
    }),
    JobEvent: messageOf('JobEvent', 'A job has ended', amqp('event')),
    JobStatus: messageOf('JobStatus', 'Where the job is: data of a server-sent event', {
      headers: { type: 'object', required: ['id'], properties: { id } },
    }),
    CallbackMessage: messageOf('CallbackMessage', 'A job has ended: what its callback is told', { headers: schemaRef('CallbackHeaders') }),
    ...Object.fromEntries(told),
  };
}

const exchange = (name: string, type: 'topic' | 'fanout'): Json => ({
  amqp: { is: 'routingKey', exchange: { name, type, durable: true, autoDelete: false, vhost: '/' }, bindingVersion: '0.3.0' },
});
const broker = { servers: [{ $ref: '#/servers/broker' }] };
const TYPE = { description: 'Job type.' };

/** Addresses in RabbitMQ are routing keys; the exchange stands in the binding. */
function brokerChannels(pipelines: Pipelines): Json {
  const stage = { description: 'Name of the stage.', enum: pipelines.stageNames() };
  const lane = { description: 'Lane of the job.', enum: LANES };
  const key = { address: 'stage.{stage}.{lane}.{type}', parameters: { stage, lane, type: TYPE } };
  return {
    doorbells: { ...key, ...broker, messages: refs(['Doorbell']), bindings: exchange('jobline.stages', 'topic') },
    ...Object.fromEntries(
      pipelines
        .stageNames()
        .map((name) => [
          `deadLetters-${name}`,
          { ...key, ...broker, messages: refs(['DeadLetter']), bindings: exchange(`jobline.${name}.dlx`, 'fanout') },
        ]),
    ),
    jobEvents: {
      address: 'job.{type}.{event}',
      ...broker,
      parameters: { type: TYPE, event: { description: 'How the job ended.', enum: jobEvent.shape.event.options } },
      messages: refs(['JobEvent']),
      bindings: exchange('jobline.events', 'topic'),
    },
  };
}

function gatewayChannels(): Json {
  return {
    jobStream: {
      address: '/v1/jobs/{job_id}/events',
      description: 'Server-sent events; /jobs/{job_id}/events is the same.',
      servers: [{ $ref: '#/servers/gateway' }],
      parameters: { job_id: { description: 'Id of the job.' } },
      messages: refs(['JobStatus']),
    },
    webSocket: {
      address: '/v1/ws',
      servers: [{ $ref: '#/servers/webSocket' }],
      messages: refs([...Object.keys(FROM_CLIENT), ...Object.keys(TO_CLIENT)]),
      bindings: { ws: { method: 'GET', bindingVersion: '0.1.0' } },
    },
    callbacks: {
      address: null,
      description: 'The URL that a submission names as its callback (docs/callbacks.md).',
      messages: refs(['CallbackMessage']),
    },
  };
}

function operation(action: 'send' | 'receive', channel: string, summary: string, names: readonly string[], more: Json = {}): Json {
  const of = (name: string) => ({ $ref: `#/channels/${channel}/messages/${name}` });
  return { action, channel: { $ref: `#/channels/${channel}` }, summary, messages: names.map(of), ...more };
}

/** `send` is what Jobline sends. */
function operations(pipelines: Pipelines): Json {
  const answers = ['SubscribedMessage', 'UnsubscribedMessage', 'PongMessage', 'ErrorMessage'];
  const reply = {
    channel: { $ref: '#/channels/webSocket' },
    messages: answers.map((name) => ({ $ref: `#/channels/webSocket/messages/${name}` })),
  };
  return {
    ringDoorbells: operation('send', 'doorbells', 'Says that a job may have work', ['Doorbell']),
    hearDoorbells: operation('receive', 'doorbells', 'Claims what is due', ['Doorbell']),
    ...Object.fromEntries(
      pipelines
        .stageNames()
        .map((name) => [
          `buryLetters-${name}`,
          operation('send', `deadLetters-${name}`, 'Leaves a letter of a job that failed for good', ['DeadLetter']),
        ]),
    ),
    tellJobEvents: operation('send', 'jobEvents', 'Tells that a job has ended, at least once', ['JobEvent']),
    streamJob: operation('send', 'jobStream', 'Tells of every change of a job', ['JobStatus'], {
      bindings: { http: { method: 'GET', bindingVersion: '0.3.0' } },
    }),
    tellCallbacks: operation('send', 'callbacks', 'Posts to the callback of a job that has ended, until it is taken', ['CallbackMessage'], {
      bindings: { http: { method: 'POST', bindingVersion: '0.3.0' } },
    }),
    hearClients: operation('receive', 'webSocket', 'Takes wishes', Object.keys(FROM_CLIENT), { reply }),
    tellClients: operation('send', 'webSocket', 'Tells what was subscribed to', ['EventMessage', 'GapMessage', 'UnsubscribedMessage']),
  };
}

const SECURITY_SCHEMES = { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'pk_<id>_<secret>', description: 'An API key.' } };

function servers(asksForKeys: boolean): Json {
  const variables = { host: { default: 'localhost:8080', description: 'Where the gateway is.' } };
  const security = asksForKeys ? { security: [{ $ref: '#/components/securitySchemes/bearer' }] } : {};
  return {
    gateway: { host: '{host}', protocol: 'http', variables, ...security },
    webSocket: { host: '{host}', protocol: 'ws', variables, ...security },
    broker: {
      host: '{host}',
      protocol: 'amqp',
      protocolVersion: '0-9-1',
      variables: { host: { default: 'localhost:5672', description: 'Where RabbitMQ is.' } },
    },
  };
}

/**
 * The AsyncAPI 3.0 document of all messages, from the schemas that check them.
 * @param version of the package.
 */
export function asyncApiDocument(version: string, { pipelines, asksForKeys }: { pipelines: Pipelines; asksForKeys: boolean }): Json {
  const inbound = componentsOf({ JobFilter: jobFilter, ...FROM_CLIENT }, 'input', 'draft-7');
  const outbound = componentsOf({ ...BROKER, ...CALLBACK, JobStatus: jobStatus, Problem: problem, ...TO_CLIENT }, 'output', 'draft-7');
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Jobline messages',
      version,
      description: 'Status of jobs as server-sent events and over a WebSocket; callbacks; doorbells, dead letters and events in RabbitMQ.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: servers(asksForKeys),
    channels: { ...gatewayChannels(), ...brokerChannels(pipelines) },
    operations: operations(pipelines),
    components: {
      schemas: { ...inbound, ...outbound },
      messages: messages(),
      ...(asksForKeys && { securitySchemes: SECURITY_SCHEMES }),
    },
  };
}

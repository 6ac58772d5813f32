import { expect } from 'chai';
import { JOB_TYPES, Pipelines } from '../../../../shared/domain/pipeline.ts';
import { bellEnvelope, eventEnvelope } from '../../../../shared/rabbit/bell-message.ts';
import { topologyOf } from '../../../../shared/rabbit/topology.ts';
import { asyncApiDocument } from '../../../../shared/schema/asyncapi.ts';
import { type AsyncApiDocument, AsyncApiMessages, asyncApiProblems } from '../../../support/async-api-messages.ts';
import { GatewayFixture } from './gateway-fixture.ts';

const pipelines = new Pipelines(Object.values(JOB_TYPES));
const documentOf = (asksForKeys: boolean) => asyncApiDocument('1.2.3', { pipelines, asksForKeys }) as unknown as AsyncApiDocument;
const document = documentOf(false);
const JOB = '0197f3c2-0000-7000-8000-000000000001';

describe('the AsyncAPI document', () => {
  for (const asksForKeys of [false, true]) {
    it(`${asksForKeys ? 'with' : 'without'} keys: is valid by the schema of AsyncAPI 3.0`, () => {
      expect(asyncApiProblems(documentOf(asksForKeys))).to.deep.equal([]);
    });
  }

  it('a document with a channel that has no sense: is not valid', () => {
    expect(asyncApiProblems({ ...document, channels: { broken: { address: 5 } } })).not.to.deep.equal([]);
  });

  it('its references: all lead somewhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!);
    expect(references.length).to.be.above(50);
    for (const path of references) {
      const found = path.split('/').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
      expect(found, path).to.be.an('object');
    }
  });

  it('its exchanges: exactly those of the topology', () => {
    const named = Object.values(document.channels).flatMap(({ bindings }) => {
      const { amqp } = (bindings ?? {}) as { amqp?: { exchange: { name: string; type: string } } };
      return amqp ? [{ name: amqp.exchange.name, type: amqp.exchange.type }] : [];
    });
    const { exchanges } = topologyOf({ stageNames: pipelines.stageNames(), mode: 'per-stage' });
    expect(named).to.have.deep.members([...exchanges]);
  });

  it('doorbells, dead letters and events as they are published: match it', () => {
    const messages = new AsyncApiMessages(document);
    const now = new Date();
    const bell = { stageName: 'p1', stage: 0, lane: 'bulk', type: 'report', bells: [{ id: JOB, gen: 1 }], publishedAt: now } as const;
    const dead = { code: 'handler_error', message: 'It broke.', attempts: 3 };
    const rung = bellEnvelope(bell, now);
    messages.check('Doorbell', JSON.parse(rung.content.toString()), rung.headers);
    const buried = bellEnvelope({ ...bell, dead }, now);
    messages.check('DeadLetter', JSON.parse(buried.content.toString()), buried.headers);
    const event = { id: `${JOB}:1`, jobId: JOB, tenant: 'acme', type: 'report', event: 'failed', at: now };
    messages.check('JobEvent', JSON.parse(eventEnvelope(event, now).content.toString()));
    expect(() => messages.check('ShoutMessage', {})).to.throw('The document has no message ShoutMessage');
    expect(() => messages.check('JobEvent', { v: 1 })).to.throw(/must have required property/);
    expect(() => messages.check('Doorbell', { v: 1, stage: 0, jobs: [] })).to.throw(/fewer than 1/);
  });

  it('GET /asyncapi.json: serves it', async () => {
    const gateway = await new GatewayFixture().start();
    try {
      const answer = await gateway.get('/asyncapi.json');
      expect(answer.headers.get('content-type')).to.match(/^application\/json/);
      const served = (await answer.json()) as AsyncApiDocument;
      expect(served.asyncapi).to.equal('3.0.0');
      expect(Object.keys(served.channels)).to.have.members(Object.keys(document.channels));
    } finally {
      await gateway.stop();
    }
  });
});

import { expect } from 'chai';
import {
  bellContent,
  bellEnvelope,
  eventEnvelope,
  isMalformed,
  parseBells,
  publishedAtOf,
} from '../../../../shared/rabbit/bell-message.ts';
import { bell, dead } from '../../../contract/message-bus.contract.ts';

const NOW = new Date('2026-11-24T12:00:00.123Z');
const STORE_NOW = new Date('2026-11-24T12:34:56.789Z');

describe('bell messages', () => {
  it('a doorbell, has the form that the protocol states', () => {
    const { content, ...rest } = bellEnvelope({ ...bell('a', { gen: 3 }), stage: 1, publishedAt: STORE_NOW }, NOW);
    expect(JSON.parse(content.toString())).to.deep.equal({ v: 1, stage: 1, jobs: [{ id: 'a', gen: 3 }] });
    expect(rest).to.deep.equal({
      exchange: 'jobline.stages',
      routingKey: 'stage.p1.standard.report',
      headers: { 'x-jobline-published-at': STORE_NOW.getTime() },
      mandatory: true,
      properties: { contentType: 'application/json', messageId: 'a:1:3', type: 'doorbell', timestamp: Math.floor(NOW.getTime() / 1000) },
    });
  });

  it('a doorbell whose publisher does not know the clock of the store, says nothing of when', () => {
    expect(bellEnvelope(bell('a'), NOW).headers).to.deep.equal({});
  });

  it('a dead letter, goes to its stage dead-letter exchange with why, cut to a bound', () => {
    const { exchange, headers, mandatory } = bellEnvelope(
      { ...dead('a'), dead: { code: 'x', message: 'm'.repeat(5000), attempts: 3 } },
      NOW,
    );
    expect([exchange, mandatory]).to.deep.equal(['jobline.p1.dlx', true]);
    expect(headers).to.include({ 'x-jobline-code': 'x', 'x-jobline-attempts': 3, 'x-jobline-reason': 'm'.repeat(1000) });
  });

  it('an event, is routed by type and event and needs no follower', () => {
    const { exchange, routingKey, mandatory, content } = eventEnvelope(
      { id: 'e', jobId: 'j', tenant: 't', type: 'report', event: 'failed', at: NOW },
      NOW,
    );
    expect([exchange, routingKey, mandatory]).to.deep.equal(['jobline.events', 'job.report.failed', false]);
    expect(JSON.parse(content.toString())).to.include({ id: 'e', job_id: 'j', event: 'failed', at: NOW.toISOString() });
  });

  it('what is written, is read back', () => {
    const bells = [
      { id: 'a', gen: 1 },
      { id: 'b', gen: 2 },
    ];
    expect(parseBells(bellContent(4, bells))).to.deep.equal({ stage: 4, bells });
  });

  it('fields of a later release, are ignored, equal bells taken once', () => {
    const body = {
      v: 1,
      stage: 0,
      jobs: [
        { id: 'a', gen: 1, more: true },
        { id: 'a', gen: 1 },
      ],
      trace: 'x',
    };
    expect(parseBells(Buffer.from(JSON.stringify(body)))).to.deep.equal({ stage: 0, bells: [{ id: 'a', gen: 1 }] });
  });

  for (const [body, reason] of [
    ['', 'not JSON'],
    ['{', 'not JSON'],
    ['null', 'not a JSON object'],
    ['[1]', 'not a JSON object'],
    ['{"stage":0,"jobs":[{"id":"a","gen":1}]}', '"v" must be 1'],
    ['{"v":"1","stage":0,"jobs":[{"id":"a","gen":1}]}', '"v" must be 1'],
    ['{"v":1,"jobs":[{"id":"a","gen":1}]}', '"stage"'],
    ['{"v":1,"stage":1.5,"jobs":[{"id":"a","gen":1}]}', '"stage"'],
    ['{"v":1,"stage":100,"jobs":[{"id":"a","gen":1}]}', '"stage"'],
    ['{"v":1,"stage":0,"jobs":{}}', '"jobs" must be an array'],
    ['{"v":1,"stage":0,"jobs":[null]}', '"jobs[0].id"'],
    ['{"v":1,"stage":0,"jobs":[{"id":"a","gen":1},{"id":"","gen":1}]}', '"jobs[1].id"'],
    ['{"v":1,"stage":0,"jobs":[{"id":"a b","gen":1}]}', '"jobs[0].id"'],
    ['{"v":1,"stage":0,"jobs":[{"id":"a","gen":0}]}', '"jobs[0].gen"'],
    [
      bellContent(
        0,
        Array.from({ length: 101 }, (_, index) => ({ id: `${index}`, gen: 1 })),
      ).toString(),
      '1 to 100',
    ],
    ['x'.repeat(70_000), '70000 bytes'],
  ] as const) {
    it(`the body ${body.slice(0, 50)}, is malformed and says why`, () => {
      const parsed = parseBells(Buffer.from(body));
      expect(isMalformed(parsed)).to.equal(true);
      expect(parsed).to.have.property('code', 'malformed');
      expect(parsed).to.have.property('reason').that.includes(reason);
    });
  }

  it('a newer version, has a code of its own', () => {
    expect(parseBells(Buffer.from('{"v":2,"anything":true}'))).to.deep.equal({
      code: 'newer_version',
      reason: 'the message has version 2, this release reads up to 1',
    });
  });

  it('the publish time, is the header in ms on the clock of the store, else absent', () => {
    expect(publishedAtOf({ 'x-jobline-published-at': NOW.getTime() })).to.deep.equal(NOW);
    for (const value of [undefined, 'soon', -1, 0, 1.5, 1e300, Number.NaN])
      expect(publishedAtOf({ 'x-jobline-published-at': value })).to.equal(undefined);
  });
});

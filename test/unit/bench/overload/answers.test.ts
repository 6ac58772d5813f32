import { expect } from 'chai';
import type { Posted } from '../../../bench/contenders/http-poster.ts';
import { readAnswer } from '../../../bench/overload/answers.ts';

const PROBLEM = { 'content-type': 'application/problem+json', 'retry-after': '7' };

function posted(status: number, body: unknown, headers: Posted['headers'] = {}): Posted {
  return { status, headers, text: typeof body === 'string' ? body : JSON.stringify(body) };
}

describe('readAnswer', () => {
  it('202 with an id is accepted; with its key repeated, it says so', () => {
    const accepted = { kind: 'accepted', status: 202, jobId: 'x' };
    expect(readAnswer(posted(202, { job_id: 'x' }))).to.deep.equal({ ...accepted, isRepeated: false });
    expect(readAnswer(posted(202, { job_id: 'x' }, { 'idempotent-replayed': 'true' }))).to.deep.equal({ ...accepted, isRepeated: true });
  });

  for (const status of [429, 503]) {
    it(`${status} as a problem with Retry-After is a clean refusal`, () => {
      const answer = readAnswer(posted(status, { status, code: 'overloaded' }, PROBLEM));
      expect(answer).to.deep.equal({ kind: 'refused', status, retryAfterS: 7, code: 'overloaded' });
    });
  }

  for (const [what, answer, fault] of [
    ['a 202 without an id', posted(202, {}), 'without job_id'],
    ['a 500', posted(500, { status: 500, code: 'internal_error' }, PROBLEM), 'is neither 202 nor a refusal'],
    ['a 503 of a proxy', posted(503, '<html>', { 'content-type': 'text/html' }), 'without JSON'],
    [
      'a 503 that is no problem',
      posted(503, { code: 'overloaded', status: 503 }, { ...PROBLEM, 'content-type': 'application/json' }),
      'no problem',
    ],
    ['a problem of another status', posted(503, { code: 'overloaded', status: 500 }, PROBLEM), 'says something else'],
    [
      'a refusal without Retry-After',
      posted(503, { code: 'overloaded', status: 503 }, { ...PROBLEM, 'retry-after': undefined }),
      'Retry-After ""',
    ],
    ['a Retry-After of 0', posted(503, { code: 'overloaded', status: 503 }, { ...PROBLEM, 'retry-after': '0' }), 'Retry-After "0"'],
  ] as const) {
    it(`${what} is a fault`, () => {
      expect(readAnswer(answer)).to.have.property('kind', 'fault');
      expect(readAnswer(answer)).to.have.property('fault').that.contains(fault);
    });
  }
});

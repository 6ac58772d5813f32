import { expect } from 'chai';
import { retention } from '../../../../shared/runtime/retention-variables.ts';

const read = (text: string) => retention.RETENTION_RULES.schema.safeParse(text);

describe('RETENTION_RULES', () => {
  it('rules, are read by type, outcome and part; none where it is empty', () => {
    expect(read('').data).to.deep.equal([]);
    expect(read('outcome=completed payload=0; type=report outcome=failed job=90 timeline=7;').data).to.deep.equal([
      { outcome: 'COMPLETED', days: { payload: 0 } },
      { type: 'report', outcome: 'FAILED', days: { job: 90, timeline: 7 } },
    ]);
  });

  for (const wrong of [
    'payload',
    'payload=x',
    'payload=-1',
    'payload=3651',
    'job=0',
    'files=3',
    'type=report',
    'outcome=queued job=1',
    'job=1 job=2',
    'job=1; job=2',
  ])
    it(`${JSON.stringify(wrong)}, is refused`, () => expect(read(wrong).success).to.equal(false));
});

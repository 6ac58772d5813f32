import { expect } from 'chai';
import fc from 'fast-check';
import type { JobRecord } from '../../../../shared/domain/job.ts';
import {
  comparePlaces,
  isNews,
  type JobPosition,
  parsePosition,
  positionOf,
  positionText,
} from '../../../../shared/domain/job-position.ts';
import { stepsAfter } from '../../../../shared/domain/job-steps.ts';
import { defineJobType } from '../../../../shared/domain/pipeline.ts';
import { statusOf } from '../../../../shared/domain/status.ts';
import { HAPPENINGS, type Happening, versionsOf } from '../../../support/random-history.ts';

const TYPE = defineJobType('t', [{ name: 'p1' }, { name: 'p2' }, { name: 'p3' }]);
const NOW = new Date('2026-01-01T00:00:00.000Z');
const LATER = new Date('2026-01-01T00:00:00.500Z');

function submitted(isScheduled: boolean): JobRecord {
  const counters = { stage: 0, run: 0, gen: 1, epoch: 0, attempt: 0, crashes: 0 };
  const common = { id: 'j', tenant: 't', reqHash: 'h', type: 't', pipelineVersion: 1, lane: 'standard', schemaVersion: 1 } as const;
  const rest = { results: [], log: [], active: true, createdAt: NOW, deadlineAt: new Date(NOW.getTime() + 10_000) } as const;
  const due = isScheduled ? LATER : NOW;
  return {
    ...common,
    ...counters,
    ...rest,
    state: isScheduled ? 'SCHEDULED' : 'QUEUED',
    pub: { due, by: 'first' },
    ...(isScheduled && { runAt: due }),
  };
}

const placeText = ({ gen, epoch, isDue }: JobPosition) => `${gen}-${epoch}-${isDue}`;
const shownOf = (record: JobRecord) => statusOf(record, TYPE, NOW);
const presentOf = (record: JobRecord) => positionOf(record, shownOf(record).progress);

/** Every place that the job was at, with what was shown there last. A claim and commit in one write passes through RUNNING too. */
function truthOf(versions: readonly JobRecord[]): ReadonlyMap<string, string> {
  const truth = new Map<string, string>();
  let before: JobRecord | undefined;
  for (const record of versions) {
    if (before && record.gen > before.gen && record.epoch > before.epoch) {
      const running = { ...before, state: 'RUNNING', epoch: record.epoch, attempt: before.attempt + 1 } as const;
      truth.set(placeText(presentOf(running)), shownText(running));
    }
    truth.set(placeText(presentOf(record)), shownText(record));
    before = record;
  }
  return truth;
}

function shownText(record: JobRecord): string {
  const { status, attempt, error } = shownOf(record);
  return JSON.stringify({ status, attempt, error });
}

/** What a client is told that looks at these versions only, each time with the position of the last event it was sent. */
function told(versions: readonly JobRecord[]) {
  const steps = [];
  let seen: JobPosition | undefined;
  for (const record of versions) {
    for (const step of stepsAfter(seen, record, TYPE, NOW)) {
      steps.push({ ...step, wasFirst: seen === undefined });
      seen = parsePosition(positionText(step.position));
    }
  }
  return steps;
}

/** Jobs that ended unclaimed after a wait: no record says whether that was over. */
function unclaimedEnds(versions: readonly JobRecord[]): ReadonlySet<string> {
  const ends = versions.flatMap((record, index) =>
    ['CANCELED', 'EXPIRED'].includes(record.state) ? [[record, versions[index - 1]!] as const] : [],
  );
  return new Set(
    ends.flatMap(([end, before]) => (end.epoch === before.epoch && before.state === 'QUEUED' ? [placeText(presentOf(before))] : [])),
  );
}

/** Runs that began anew from the first stage at a later one: only of the last does the record say how far it had come. */
function restarts(versions: readonly JobRecord[]): number {
  return versions.filter((record, index) => record.stage < (versions[index - 1]?.stage ?? 0)).length;
}

const histories = fc.record({
  isScheduled: fc.boolean(),
  happenings: fc.array(fc.constantFrom<Happening>(...HAPPENINGS), { maxLength: 80 }),
  looks: fc.array(fc.nat(200), { minLength: 1, maxLength: 6 }),
});

/** The versions of a history, and those of them that a client gets to see: the last one always. */
function lookedAt({
  isScheduled,
  happenings,
  looks,
}: {
  isScheduled: boolean;
  happenings: readonly Happening[];
  looks: readonly number[];
}) {
  const versions = versionsOf(submitted(isScheduled), happenings, TYPE.stages.length);
  const chosen = looks.map((look) => look % versions.length).toSorted((a, b) => a - b);
  return { versions, seen: [...chosen.map((index) => versions[index]!), versions.at(-1)!], first: chosen[0]! };
}

describe('the steps of a job, told from its record', () => {
  it('any history, any moments at which a client looks: each step comes after the last, is what the job showed there, and the present is the last', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { versions, seen } = lookedAt(history);
        const truth = truthOf(versions);
        const steps = told(seen);
        for (const [index, { position, record, status }] of steps.entries()) {
          const before = steps[index - 1];
          if (before) expect(isNews(record.state, position, before.position)).to.equal(true);
          if (before && before.record.run === record.run) expect(status.progress).to.be.at.least(before.status.progress);
          expect(truth.get(placeText(position)), placeText(position)).to.equal(shownText({ ...record }));
        }
        expect(steps.at(-1)!.status).to.deep.equal(shownOf(versions.at(-1)!));
      }),
      { numRuns: 3_000 },
    );
  });

  it('a history that the record keeps whole: a client that was away misses no step', () => {
    let complete = 0;
    fc.assert(
      fc.property(histories, (history) => {
        const { versions, seen, first } = lookedAt(history);
        fc.pre(versions.at(-1)!.log.length < 20 && restarts(versions) < 2);
        complete += 1;
        const places = new Set(told(seen).map(({ position }) => placeText(position)));
        const truth = [...truthOf(versions).keys()];
        const expected = truth.slice(truth.indexOf(placeText(presentOf(versions[first]!))));
        const unknowable = unclaimedEnds(versions);
        expect([...places].filter((place) => !unknowable.has(place))).to.deep.equal(expected.filter((place) => !unknowable.has(place)));
      }),
      { numRuns: 3_000 },
    );
    expect(complete).to.be.above(300);
  });
});

describe('the position of an event', () => {
  it('as text: is read back; anything else is none', () => {
    for (const position of [
      { gen: 12, epoch: 3, isDue: true, progress: 100 },
      { gen: 1, epoch: 0, isDue: false, progress: 0 },
    ]) {
      expect(parsePosition(positionText(position))).to.deep.equal(position);
    }
    for (const text of ['', '1', '1-2-3', '1-0-2-0', '-1-0-1-0', '1-0-1-0 ', 'a-b-c-d', '1-0-1-0-0'])
      expect(parsePosition(text), text).to.equal(undefined);
  });

  it('order: by generation, then claim, then whether the wait is over', () => {
    const order = ['1-0-0-0', '1-0-1-0', '1-1-1-30', '2-1-0-30', '2-1-1-30', '2-2-1-30', '3-2-1-50'].map((text) => parsePosition(text)!);
    for (const [index, position] of order.entries()) {
      for (const other of order.slice(index + 1)) expect(comparePlaces(position, other)).to.be.below(0);
    }
  });
});

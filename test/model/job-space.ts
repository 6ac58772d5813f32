import type { JobRecord } from '../../shared/domain/job.ts';
import { EnvironmentSteps } from './environment-steps.ts';
import type { Space, Step } from './explore.ts';
import { Model } from './model.ts';
import { wrongWorld } from './properties.ts';
import type { Protocol } from './protocol.ts';
import { PROTOCOL } from './protocol.ts';
import type { Slice } from './slice.ts';
import { StepMaker } from './step-maker.ts';
import { WorkerSteps } from './worker-steps.ts';
import type { Draft, Message, World } from './world.ts';

const LATER = new Date(1);
const FIRST_TOKEN = 'n';

/** The state space of a slice under the protocol, or under a mutant of it. */
export function jobSpace({ features, protocol: own }: Slice, mutation: Partial<Protocol> = {}): Space<World> {
  const model = new Model(features, { ...PROTOCOL, ...own, ...mutation });
  return {
    initial: () => starts(model),
    keyOf: ({ key }) => key,
    steps: (world) => {
      const maker = new StepMaker(model, world);
      for (const worker of world.workers.keys()) new WorkerSteps(maker, worker).addAll();
      new EnvironmentSteps(maker).addAll();
      return maker.steps;
    },
    wrongWith: (world) => wrongWorld(world, features),
    isGoodEnd: (world) => isGoodEnd(world, model),
  };
}

/** Accepted, durably, and its first bell rung or not. */
function starts(model: Model): Step<World>[] {
  const { features } = model;
  const rec = { key: '', job: newRecord(features.scheduled === true, features.deadline === true, features.events === true) };
  const records = Array.from({ length: features.jobs }, () => rec);
  const draft = (): Draft => ({
    local: [...records],
    durable: [...records],
    notes: [],
    durableNotes: [],
    queue: [],
    letters: [],
    workers: Array.from({ length: features.workers }, () => []),
    marks: [],
    deadMarks: [],
    events: [],
    told: records.map(() => 0),
    places: [],
    durablePlaces: [],
    callers: [],
    limit: features.limit ? 1 : 0,
    stranger: 'none',
  });
  if (features.scheduled) return [{ label: 'the job is accepted for later', isFair: true, to: model.canonical(draft()) }];
  const bells = records.map((_, job) => ({ job, gen: 1 }));
  const messages: Message[] = (features.multiBell ? [bells] : bells.map((bell) => [bell])).map((one) => ({
    stage: 0,
    bells: one,
    isRedelivered: false,
    isByHand: false,
  }));
  const rung = { ...draft(), queue: messages };
  const confirmed = { ...rung, marks: bells.map(({ job, gen }) => ({ job, gen, token: FIRST_TOKEN })) };
  const options: [string, Draft][] = [
    ['the job is accepted, rings', confirmed],
    ['the job is accepted, rings, without an answer', rung],
    ['the job is accepted, does not ring', draft()],
  ];
  if (features.lossy) options.push(['the job is accepted, rings and the broker loses it', { ...confirmed, queue: [] }]);
  return options.map(([label, one]) => ({ label, isFair: true, to: model.canonical(one) }));
}

function newRecord(isScheduled: boolean, hasDeadline: boolean, hasEvents: boolean): JobRecord {
  return {
    id: 'j',
    tenant: 't',
    reqHash: '',
    type: 'model',
    pipelineVersion: 1,
    lane: 'standard',
    state: isScheduled ? 'SCHEDULED' : 'QUEUED',
    stage: 0,
    run: 0,
    gen: 1,
    epoch: 0,
    attempt: 0,
    crashes: 0,
    pub: { due: LATER, by: FIRST_TOKEN },
    results: [],
    log: [],
    active: true,
    ...(hasEvents && { evt: { seq: 0 } }),
    ...(hasDeadline && { deadlineAt: LATER }),
    ...(isScheduled && { runAt: LATER }),
    createdAt: new Date(0),
    schemaVersion: 1,
  };
}

/** Every job has ended, durably; where the slice has them, its event is told, no note is left, and its letter lies among the dead letters. */
function isGoodEnd({ durable, told, letters, notes, durableNotes }: World, { features }: Model): boolean {
  if (notes.length > 0 || durableNotes.length > 0) return false;
  return durable.every(({ job: record }, job) => {
    if (record.active) return false;
    if (features.events && told[job]! < (record.evt?.seq ?? 0)) return false;
    const isIt = (one: { job: number; gen: number; stage: number }): boolean =>
      one.job === job && one.gen === record.gen && one.stage === record.stage;
    return !features.deadLetters || record.state !== 'FAILED' || letters.some(isIt);
  });
}

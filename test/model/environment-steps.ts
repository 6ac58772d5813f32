import { EventSteps } from './event-steps.ts';
import { LetterSteps } from './letter-steps.ts';
import { RequestSteps } from './request-steps.ts';
import { SchedulerSteps } from './scheduler-steps.ts';
import type { StepMaker } from './step-maker.ts';
import { StrangerSteps } from './stranger-steps.ts';
import { TurnSteps } from './turn-steps.ts';
import { WorldSteps } from './world-steps.ts';

/** Everything that is not a worker: time, replication, gateway, scheduler, broker, operators. */
export class EnvironmentSteps {
  readonly #maker: StepMaker;
  readonly #world: WorldSteps;
  readonly #scheduler: SchedulerSteps;
  readonly #requests: RequestSteps;
  readonly #letters: LetterSteps;
  readonly #events: EventSteps;
  readonly #turns: TurnSteps;
  readonly #strangers: StrangerSteps;

  constructor(maker: StepMaker) {
    this.#maker = maker;
    this.#world = new WorldSteps(maker);
    this.#scheduler = new SchedulerSteps(maker);
    this.#requests = new RequestSteps(maker);
    this.#letters = new LetterSteps(maker);
    this.#events = new EventSteps(maker);
    this.#turns = new TurnSteps(maker);
    this.#strangers = new StrangerSteps(maker);
  }

  addAll(): void {
    const { world, model } = this.#maker;
    const { features, protocol } = model;
    for (const job of world.local.keys()) {
      this.#world.timePasses(job);
      this.#scheduler.rescue(job);
      this.#requests.requests(job);
      if (features.audit) this.#scheduler.audit(job);
      if (features.replans) this.#scheduler.replan(job);
      if (features.deadLetters) this.#letters.deadLetters(job);
      if (features.events) this.#events.findEvent(job);
    }
    if (protocol.relays) this.#scheduler.relay();
    this.#scheduler.marks();
    if (features.failover) this.#world.replication();
    if (features.limit) {
      this.#world.placesRunOut();
      this.#turns.callers();
      if (features.stranger) this.#strangers.stranger();
      if (features.limit === 'changes') this.#turns.limitChanges();
    }
    if (features.lossy) this.#world.loss();
    if (features.deadLetters) this.#letters.letters();
    if (features.notes) this.#events.findNoted();
    if (features.events) this.#events.eventWork();
  }
}

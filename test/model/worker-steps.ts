import { ClaimSteps } from './claim-steps.ts';
import { DeliverySteps } from './delivery-steps.ts';
import { EndSteps } from './end-steps.ts';
import { PlaceSteps } from './place-steps.ts';
import { RunSteps } from './run-steps.ts';
import type { StepMaker } from './step-maker.ts';
import type { Ticket } from './world.ts';

/** Steps of one worker: what shared/jobs does with each of its bells. */
export class WorkerSteps {
  readonly #tickets: readonly Ticket[];
  readonly #deliveries: DeliverySteps;
  readonly #claims: ClaimSteps;
  readonly #runs: RunSteps;
  readonly #ends: EndSteps;
  readonly #places: PlaceSteps;

  constructor(maker: StepMaker, worker: number) {
    this.#tickets = maker.world.workers[worker]!;
    this.#claims = new ClaimSteps(maker, worker);
    this.#ends = new EndSteps(maker, worker);
    this.#places = new PlaceSteps(maker, worker);
    this.#deliveries = new DeliverySteps(maker, worker, this.#claims);
    this.#runs = new RunSteps(maker, worker, this.#claims, this.#ends);
  }

  addAll(): void {
    this.#deliveries.deliver();
    this.#claims.claimBatch();
    for (const [index, ticket] of this.#tickets.entries()) this.#work(ticket, index);
    if (this.#tickets.length > 0) this.#deliveries.die();
  }

  #work(ticket: Ticket, index: number): void {
    switch (ticket.at) {
      case 'got':
        return this.#claims.start(ticket, index);
      case 'miss':
        return this.#claims.lookIntoMiss(ticket, index);
      case 'replaying':
        return this.#claims.replay(ticket, index);
      case 'settling':
        return this.#claims.settleIfSure(ticket, index);
      case 'turn':
        return this.#places.take(ticket, index);
      case 'freeing':
        return this.#places.giveBack(ticket, index);
      case 'suspect':
        return this.#runs.enterQuarantine(ticket, index);
      case 'held':
        return this.#runs.hold(ticket, index);
      case 'ending':
        this.#places.giveBackEarly(ticket);
        return this.#ends.end(ticket, index);
      case 'reading':
        return this.#ends.readBack(ticket, index);
      case 'lost':
        return this.#ends.settleAfterFenceMiss(ticket, index);
      case 'split':
        return this.#deliveries.split(ticket, index);
      case 'fused':
        return this.#runs.endFused(ticket, index);
    }
  }
}

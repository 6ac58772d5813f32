import type { JobRecord } from '../../shared/domain/job.ts';
import { jobName, type StepMaker } from './step-maker.ts';
import type { Draft, Ticket } from './world.ts';

/** Name of a claim or a token that is new in this step. */
export const FRESH = 'n';

const GIVING_BACK = { at: 'freeing', stage: 0, gen: 0, isByHand: false, isRedelivered: false } as const;

function withoutTurn({ turn: _, ...ticket }: Ticket): Ticket {
  return ticket;
}

/** What all steps of a worker need: its tickets, and the records behind them. */
export abstract class WorkerHands {
  protected readonly maker: StepMaker;
  protected readonly worker: number;
  protected readonly tickets: readonly Ticket[];

  constructor(maker: StepMaker, worker: number) {
    this.maker = maker;
    this.worker = worker;
    this.tickets = maker.world.workers[worker]!;
  }

  /** The ticket's record as this node has it. */
  protected local(ticket: Ticket): JobRecord {
    return this.maker.world.local[ticket.job]!.job;
  }

  protected durable(ticket: Ticket): JobRecord {
    return this.maker.world.durable[ticket.job]!.job;
  }

  protected evidence(ticket: Ticket): JobRecord {
    return this.maker.model.protocol.evidence === 'majority' ? this.durable(ticket) : this.local(ticket);
  }

  protected bell({ gen }: Ticket): { id: string; gen: number } {
    return { id: 'j', gen };
  }

  protected say(ticket: Ticket | readonly Ticket[], what: string): string {
    const jobs = [ticket].flat().map(({ job }) => jobName(job));
    return `worker ${this.worker + 1} ${what} (${jobs.join(' and ')})`;
  }

  protected put(draft: Draft, index: number, change: Partial<Ticket>): void {
    draft.workers[this.worker] = draft.workers[this.worker]!.map((one, at) => (at === index ? { ...one, ...change } : one));
  }

  /** The ticket is settled and forgotten; its message goes when all its bells are settled. */
  protected settle(draft: Draft, index: number): void {
    draft.workers[this.worker] = draft.workers[this.worker]!.filter((_, at) => at !== index);
  }

  /** The work on a claim is over: its end is written, or its claim is gone. What is left to do for its limit has a ticket of its own. */
  protected leave(draft: Draft, ticket: Ticket, index: number, next?: Partial<Ticket>): void {
    if (next) this.put(draft, index, next);
    else this.settle(draft, index);
    const { turn, end, claim } = ticket;
    if (turn) this.#giveBack(draft, ticket.job, claim!);
    else if (end === 'wait' && this.maker.model.protocol.looksAgain) draft.callers.push({ at: 'looking', job: 0, gen: 0 });
  }

  #giveBack(draft: Draft, job: number, claim: string): void {
    const others = draft.workers[this.worker]!.map((one) => (one.claim === claim ? withoutTurn(one) : one));
    draft.workers[this.worker] = [...others, { ...GIVING_BACK, job, claim }];
  }

  /** A bell that is ahead of its record is settled. Who has rung it early finds that out by the time that has passed (`EARLY_SURE_MS`). */
  protected giveUp(draft: Draft, { job, gen }: Ticket, index: number): void {
    this.settle(draft, index);
    const isRinger = (one: Ticket): boolean => one.job === job && one.gen + 1 === gen && one.early === 'out';
    draft.workers = draft.workers.map((tickets) => tickets.map((one) => (isRinger(one) ? { ...one, early: 'given up' } : one)));
  }
}

import { Draws, fold, mix } from './draws.ts';
import type { CallFault, FaultRates, MessageFate, Plan } from './plan.ts';
import type { CallPoint, SimProcess } from './sim-process.ts';

/** Writes by which one process takes something over from another: what a zombie brings too late. */
const TAKING: ReadonlySet<string> = new Set([
  'commit',
  'claim_commit',
  'fail',
  'dead',
  'release',
  'lease_lost',
  'crash_loop',
  'take',
  'mark',
]);

/** Says what goes wrong at each call, and keeps what it said: the list is the schedule, for replay and shrinking. */
export class CallFaults {
  /** What was played, by `process#ordinal`. */
  readonly played: Record<string, CallFault> = {};
  /** None any more. */
  isCalm = false;
  readonly #plan: Plan;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  at(process: SimProcess, ordinal: number, point: CallPoint): CallFault | undefined {
    if (this.isCalm) return undefined;
    const { rates, atCalls, seed } = this.#plan;
    if (!rates && !atCalls) return undefined;
    const key = `${process.name}#${ordinal}`;
    // Keyed by the call, not by the order of the draws: dropping one fault leaves the others where they are.
    const fault = rates ? drawFault(this.#plan, rates, new Draws(mix(seed, fold(1, key))), point) : atCalls?.[key];
    if (fault) this.played[key] = fault;
    return fault;
  }
}

function drawFault({ mode, leaseMs }: Plan, rates: FaultRates, draws: Draws, point: CallPoint): CallFault | undefined {
  const fault: { -readonly [K in keyof CallFault]: CallFault[K] } = {};
  if (draws.chance(rates.slow)) fault[draws.chance(0.5) ? 'slowMs' : 'lateMs'] = draws.int(20, 800);
  if (draws.chance(rates.stuck)) fault[draws.chance(0.5) ? 'slowMs' : 'lateMs'] = draws.int(1_000, 40_000);
  // A renewal that arrives about when its lease ends, and a rescuer that has looked before and writes after.
  if (point.what === 'heartbeat' && draws.chance(rates.race)) fault.slowMs = Math.round(leaseMs * (0.6 + draws.next() * 0.8));
  if (point.what === 'lease_lost' && draws.chance(rates.race)) fault.slowMs = draws.int(20, 3_000);
  if (draws.chance(rates.failBefore)) fault.fail = 'before';
  else if (draws.chance(rates.failAfter)) fault.fail = 'after';
  if (draws.chance(rates.crash)) fault.crash = draws.chance(0.4) ? 'before' : 'after';
  else if (draws.chance(rates.freeze * (TAKING.has(point.what) ? 8 : 1))) fault.freezeMs = draws.int(500, 50_000);
  const fates = point.messages ? drawFates(rates, draws, point.messages, mode === 'lossy') : undefined;
  if (fates) fault.fates = fates;
  return Object.keys(fault).length > 0 ? fault : undefined;
}

function drawFates(rates: FaultRates, draws: Draws, messages: number, isLossy: boolean): Record<number, MessageFate> | undefined {
  const fates: Record<number, MessageFate> = {};
  for (let index = 0; index < messages; index += 1) {
    if (isLossy && draws.chance(rates.lose)) fates[index] = 'lose';
    else if (draws.chance(rates.duplicate)) fates[index] = 'duplicate';
    else if (draws.chance(rates.refuse)) fates[index] = 'refuse';
    else if (draws.chance(rates.unknown)) fates[index] = draws.chance(0.5) ? 'unknown' : 'unknown_lost';
    else if (draws.chance(rates.unroutable)) fates[index] = 'return';
  }
  return Object.keys(fates).length > 0 ? fates : undefined;
}

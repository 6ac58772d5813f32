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
    const { rates, atCalls, seed, mode } = this.#plan;
    if (!rates && !atCalls) return undefined;
    const key = `${process.name}#${ordinal}`;
    // Keyed by the call, not by the order of the draws: dropping one fault leaves the others where they are.
    const fault = rates ? drawFault(rates, new Draws(mix(seed, fold(1, key))), point, mode === 'lossy') : atCalls?.[key];
    if (fault) this.played[key] = fault;
    return fault;
  }
}

function drawFault(rates: FaultRates, draws: Draws, point: CallPoint, isLossy: boolean): CallFault | undefined {
  const fault: { -readonly [K in keyof CallFault]: CallFault[K] } = {};
  if (draws.chance(rates.slow)) fault[draws.chance(0.5) ? 'slowMs' : 'lateMs'] = draws.int(20, 800);
  if (draws.chance(rates.stuck)) fault[draws.chance(0.5) ? 'slowMs' : 'lateMs'] = draws.int(1_000, 40_000);
  if (draws.chance(rates.failBefore)) fault.fail = 'before';
  else if (draws.chance(rates.failAfter)) fault.fail = 'after';
  if (draws.chance(rates.crash)) fault.crash = draws.chance(0.4) ? 'before' : 'after';
  else if (draws.chance(rates.freeze * (TAKING.has(point.what) ? 8 : 1))) fault.freezeMs = draws.int(500, 50_000);
  const fates = point.messages ? drawFates(rates, draws, point.messages, isLossy) : undefined;
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

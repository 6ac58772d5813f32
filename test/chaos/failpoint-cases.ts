import type { PointName } from './failpoint-control.ts';

/** What a process does in the system, whatever services the topology has for it. */
export type Role = 'gateway' | 'worker' | 'scheduler';

/** How the jobs of a case come to the failpoint. */
export type Way =
  /** They are submitted. */
  | 'submitted'
  /** They are submitted for a moment in a second: the relay rings them. */
  | 'scheduled'
  /** They are submitted, and a worker is killed that holds some: their leases run out. */
  | 'orphaned'
  /** They are submitted with a callback, which cannot be sent: their ends are left to the relay. */
  | 'called back';

/** A named failpoint: where which process is hit. */
export interface Failpoint {
  readonly id: string;
  readonly what: string;
  readonly role: Role;
  readonly point: PointName;
  readonly way: Way;
}

/** What is done to a process that stands at a failpoint. */
export type Fault = 'SIGKILL' | 'SIGSTOP' | 'AMQP cut' | 'Mongo cut';

export type ChaosType = 'chaos-inline' | 'chaos-fused' | 'chaos-thread';

const TYPES: readonly ChaosType[] = ['chaos-inline', 'chaos-fused', 'chaos-thread'];
const CLAIMED: readonly ChaosType[] = ['chaos-inline', 'chaos-thread'];

/** One directed case: 20 jobs, one process at one failpoint, one fault. */
export interface FailpointCase {
  /** `W3 SIGKILL`. */
  readonly name: string;
  readonly failpoint: Failpoint;
  readonly fault: Fault;
  /** Job type: handlers in batches, those without a claim before the commit, and those in threads take turns. */
  readonly type: ChaosType;
}

const point = (id: string, role: Role, what: string, name: PointName, way: Way = 'submitted'): Failpoint => ({
  id,
  what,
  role,
  point: name,
  way,
});

/**
 * All but C1 (tick|jobs), which needs user schedules. The engine acknowledges before it rings the next stage, so W5 to W7
 * lie between commit, acknowledgement, publish and mark in that order. Workers tell the ends of their own commits
 * (W8), the scheduler the others (H1).
 */
export const FAILPOINTS: readonly Failpoint[] = [
  point('G1', 'gateway', 'before the insert', 'before insert'),
  point('G2', 'gateway', 'between insert and publish', 'insert|publish'),
  point('G3', 'gateway', 'between publish and confirm', 'publish|confirm'),
  point('G4', 'gateway', 'between confirm and mark', 'confirm|mark'),
  point('W1', 'worker', 'between delivery and claim', 'delivery|claim'),
  point('W2', 'worker', 'between claim and handler', 'claim|handler'),
  point('W3', 'worker', 'in the handler', 'in handler'),
  point('W4', 'worker', 'between output and commit', 'output|commit'),
  point('W5', 'worker', 'between commit and acknowledgement', 'commit|ack'),
  point('W6', 'worker', 'between acknowledgement and publish', 'ack|publish'),
  point('W7', 'worker', 'between publish and mark', 'confirm|mark'),
  point('W8', 'worker', 'between event and its mark', 'event publish|mark'),
  point('S1', 'scheduler', 'between find and rescue', 'find|rescue', 'orphaned'),
  point('S2', 'scheduler', 'between take and publish', 'take|publish', 'scheduled'),
  point('S3', 'scheduler', 'between publish and mark', 'confirm|mark', 'scheduled'),
  point('H1', 'scheduler', 'between event and its mark', 'event publish|mark', 'called back'),
];

/** Kills and freezes take turns with cuts: what they leave to be rescued has time. */
export const FAULTS: readonly Fault[] = ['SIGKILL', 'AMQP cut', 'SIGSTOP', 'Mongo cut'];

/** Cases of the failpoints named. */
export function casesOf(ids: readonly string[]): readonly FailpointCase[] {
  return FAILPOINTS.flatMap((failpoint, row) =>
    FAULTS.map((fault, column): FailpointCase => {
      const types = needsClaim(failpoint) ? CLAIMED : TYPES;
      return { name: `${failpoint.id} ${fault}`, failpoint, fault, type: types[(row + column) % types.length]! };
    }),
  ).filter(({ failpoint }) => ids.includes(failpoint.id));
}

/** Where claim and commit are one write there is no claim to stand after, and no lease to run out. */
function needsClaim({ point, way }: Failpoint): boolean {
  return point === 'claim|handler' || way === 'orphaned';
}

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';

/** Name of a process → CPU seconds, user and system. */
export type CpuSeconds = Readonly<Record<string, number>>;

const TICKS_A_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
/** Of /proc/pid/stat, counted after the command's name. */
const PARENT = 1;
const TIMES = [11, 12, 13, 14] as const;
const CHILDREN_TIMES = [13, 14] as const;

interface Seen {
  readonly pid: number;
  readonly parent: number;
  /** Its own time and that of children that have ended. */
  readonly ticks: number;
}

function look(pid: number): Seen | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { pid, parent: Number(fields[PARENT]), ticks: TIMES.reduce((sum, field) => sum + Number(fields[field]), 0) };
  } catch {
    return undefined;
  }
}

/** CPU seconds that each of these processes and all below it have used so far; `client` is this process alone. */
export function cpuSeconds(roots: Readonly<Record<string, number>>): CpuSeconds {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => look(Number(pid)) ?? []);
  const children = groupByParent(all);
  const ticksBelow = (pid: number): number => (children.get(pid) ?? []).reduce((sum, one) => sum + one.ticks + ticksBelow(one.pid), 0);
  const own = process.cpuUsage();
  const named = Object.entries(roots).map(([name, pid]): [string, number] => {
    const root = all.find((one) => one.pid === pid);
    return [name, ((root?.ticks ?? 0) + ticksBelow(pid)) / TICKS_A_SECOND];
  });
  return { client: (own.user + own.system) / 1e6, ...Object.fromEntries(named) };
}

function groupByParent(all: readonly Seen[]): ReadonlyMap<number, Seen[]> {
  const groups = new Map<number, Seen[]>();
  for (const one of all) groups.set(one.parent, [...(groups.get(one.parent) ?? []), one]);
  return groups;
}

/** CPU seconds of all processes that this one has started and that have ended, their own children among them. */
export function endedChildrenSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return CHILDREN_TIMES.reduce((sum, field) => sum + Number(fields[field]), 0) / TICKS_A_SECOND;
}

/** What was used between two looks. */
export function cpuBetween(before: CpuSeconds, after: CpuSeconds): CpuSeconds {
  return Object.fromEntries(Object.entries(after).map(([name, seconds]) => [name, Math.max(seconds - (before[name] ?? 0), 0)]));
}

/**
 * Seconds that all processors together have been busy since the machine started, stolen time among them. What runs at a
 * lower priority gives way to a process that has the usual one: it counts for those alone that have a lower one themselves.
 */
export function busySeconds(): number {
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.trim().split(/\s+/);
  const [user, nice, system, , , interrupts, softInterrupts, stolen] = fields.map(Number);
  const counted = [user, getPriority() > 0 ? nice : 0, system, interrupts, softInterrupts, stolen];
  return counted.reduce<number>((sum, ticks) => sum + (ticks ?? 0), 0) / TICKS_A_SECOND;
}

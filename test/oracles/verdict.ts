import type { EffectsVerdict } from './effects.ts';
import type { FinalState } from './final-state.ts';
import type { HistoryObserver, Violation } from './history-observer.ts';

export interface VerdictInput {
  readonly observer: HistoryObserver;
  readonly final: FinalState;
  readonly effects: EffectsVerdict;
  /** Results that were discarded because their claim was gone, as the workers said. */
  readonly fenced: number;
  /** Bells that the audit found lost, as the scheduler said; undefined where it was not counted. */
  readonly auditRearms?: number;
  /** How long after the last fault nothing was open any more, in ms. */
  readonly drainedAfterMs: number;
  /** What other oracles found: dead letters, result chain. */
  readonly others?: readonly Violation[];
}

/** What a run under faults came to. */
export interface Verdict {
  /** One line a figure, and the closing line, which a script can read. */
  readonly lines: readonly string[];
  readonly closingLine: string;
  readonly violations: readonly Violation[];
  readonly isGood: boolean;
}

const SHOWN = 20;

/** Puts all oracles' findings into one table. */
export function verdictOf(input: VerdictInput): Verdict {
  const { observer, final, effects, fenced, drainedAfterMs, others = [] } = input;
  const violations = [...observer.violations, ...final.violations, ...effects.violations, ...others];
  const rows: readonly [string, string | number][] = [
    ['accepted', final.accepted],
    ['completed', final.counts.COMPLETED],
    ['failed', final.counts.FAILED],
    ['cancelled', final.counts.CANCELED],
    ['expired', final.counts.EXPIRED],
    ['replayed', observer.count('replay')],
    ['lost leases', observer.count('lease_lost') + observer.count('crash_loop')],
    ['re-executed', effects.reExecuted],
    ['fenced zombie commits', fenced],
    ['duplicate effects', effects.duplicates],
    ['lost', final.lost],
    ['illegal transitions', observer.violations.length],
    ['other violations', violations.length - observer.violations.length],
    ['bells owed again', observer.count('owe_again')],
    ['audit re-arms', input.auditRearms ?? 'not counted'],
    ['drained after the last fault', `${(drainedAfterMs / 1_000).toFixed(1)} s`],
  ];
  const closingLine = [
    `${final.lost} lost`,
    `${effects.duplicates} duplicate effects`,
    `${final.accepted} accepted`,
    `${effects.reExecuted} re-executed`,
    `${fenced} fenced`,
  ].join(', ');
  const found = violations.slice(0, SHOWN).map(({ rule, jobId, detail }) => `violation: ${rule} (job ${jobId || '-'}): ${detail}`);
  const more = violations.length > SHOWN ? [`violation: and ${violations.length - SHOWN} more`] : [];
  const lines = [...rows.map(([name, value]) => `${name.padEnd(28)} ${String(value).padStart(8)}`), ...found, ...more, closingLine];
  return { lines, closingLine, violations, isGood: violations.length === 0 && final.lost === 0 && effects.duplicates === 0 };
}

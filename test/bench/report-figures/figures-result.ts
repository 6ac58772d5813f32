import type { Machine } from '../report/result.ts';
import type { CallOverhead } from './call-overhead.ts';
import type { ProfileRates } from './profile-rates.ts';
import type { RenderRates } from './render-rates.ts';

/** Everything that was measured: the page is made from this alone. */
export interface FiguresResult {
  readonly startedAt: string;
  readonly revision: string;
  readonly machine: Machine;
  readonly repeats: number;
  /** Version of DuckDB's command. */
  readonly duckdb: string;
  readonly profile: readonly ProfileRates[];
  readonly render: readonly RenderRates[];
  readonly overhead: readonly CallOverhead[];
}

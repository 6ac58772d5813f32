import type { Db } from 'mongodb';

/** One change of the schema. `up` may be run again after it was interrupted. */
export interface Migration {
  /** Counts from 1 without gaps. */
  readonly version: number;
  readonly name: string;
  up(db: Db): Promise<void>;
}

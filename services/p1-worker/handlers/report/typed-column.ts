import type { ColumnType } from '../../../../shared/domain/report-profile.ts';

/** Type in the database that a column's values have once read. */
export type Storage = 'BIGINT' | 'HUGEINT' | 'DOUBLE' | 'DECIMAL' | 'BOOLEAN' | 'DATE' | 'TIMESTAMP' | 'TIME' | 'VARCHAR';

/** A column whose type is known. */
export interface TypedColumn {
  /** Name in SQL, `c0`, `c1`, ... */
  readonly id: string;
  readonly index: number;
  /** The user's name. */
  readonly name: string;
  readonly type: ColumnType;
  readonly storage: Storage;
  /** Expression over the relation that gives the typed value, NULL where it is missing. */
  readonly sql: string;
  /** Timestamps had an offset and are shown in UTC. */
  readonly isZoned: boolean;
}

/** What inference finds out about a column. */
export type Reading = Pick<TypedColumn, 'type' | 'storage' | 'sql' | 'isZoned'>;

/** A column read as it stands. */
export function textReading(sql: string): Reading {
  return { type: 'text', storage: 'VARCHAR', sql, isZoned: false };
}

export const isNumeric = ({ type }: Pick<TypedColumn, 'type'>) => type === 'integer' || type === 'decimal';

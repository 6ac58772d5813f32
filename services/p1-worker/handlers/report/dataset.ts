import type { ReportProfile } from '../../../../shared/domain/report-profile.ts';
import type { JsonKind } from './json-rows.ts';

/** How the cells of a loaded column are stored: text of a CSV field, of a JSON value, or a type of the database. */
export type CellKind = 'text' | 'json' | 'native';

/** A column as loaded, before its type is known. */
export interface RawColumn {
  /** Name in SQL: `c0`, `c1`, ... Never the user's. */
  readonly id: string;
  readonly index: number;
  /** The user's name. */
  readonly name: string;
  readonly kind: CellKind;
  /** What its JSON values are, where `kind` is `json`. */
  readonly jsonKind?: JsonKind;
  /** Type in the database where `kind` is `native`, e.g. `DECIMAL(18,3)`. */
  readonly nativeType?: string;
}

/** Rows that can be queried. */
export interface Relation {
  /** Table or view. */
  readonly name: string;
  /** Column that numbers the rows in the order of the source. */
  readonly rowId: string;
  readonly rows: number;
  /** It reads the source itself at every query. */
  readonly isView?: true;
}

/** A loaded dataset. */
export interface Dataset {
  readonly relation: Relation;
  readonly columns: readonly RawColumn[];
  readonly source: Pick<ReportProfile['source'], 'format' | 'encoding' | 'delimiter'>;
}

/** Columns with the synthetic names `c0`, `c1`, ... */
export function rawColumns(names: readonly string[], kind: CellKind, nativeTypes?: readonly string[]): RawColumn[] {
  return names.map((name, index) => {
    const nativeType = nativeTypes?.[index];
    return { id: `c${index}`, index, name, kind, ...(nativeType !== undefined && { nativeType }) };
  });
}

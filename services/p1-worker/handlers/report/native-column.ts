import type { RawColumn } from './dataset.ts';
import { type Reading, textReading } from './typed-column.ts';

const INTEGERS = new Set(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'UTINYINT', 'USMALLINT', 'UINTEGER']);
const TIMESTAMPS = new Set(['TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS']);
const reading = (type: Reading['type'], storage: Reading['storage'], sql: string, isZoned = false): Reading => ({
  type,
  storage,
  sql,
  isZoned,
});

/** How a column of a Parquet file is read, by its declared type. Not-a-number and infinite values are missing. */
export function nativeReading({ id, nativeType = 'VARCHAR' }: RawColumn): Reading {
  if (INTEGERS.has(nativeType)) return reading('integer', 'BIGINT', `${id}::BIGINT`);
  if (nativeType === 'UBIGINT' || nativeType === 'HUGEINT') return reading('integer', 'HUGEINT', `${id}::HUGEINT`);
  if (nativeType === 'FLOAT' || nativeType === 'DOUBLE')
    return reading('decimal', 'DOUBLE', `CASE WHEN isfinite(${id}) THEN ${id}::DOUBLE END`);
  if (nativeType.startsWith('DECIMAL(') && !nativeType.includes('[')) return decimalReading(id, nativeType);
  if (nativeType === 'BOOLEAN') return reading('boolean', 'BOOLEAN', id);
  if (nativeType === 'DATE') return reading('date', 'DATE', id);
  if (TIMESTAMPS.has(nativeType)) return reading('timestamp', 'TIMESTAMP', `${id}::TIMESTAMP`);
  if (nativeType === 'TIMESTAMP WITH TIME ZONE') return reading('timestamp', 'TIMESTAMP', `timezone('UTC', ${id})`, true);
  if (nativeType === 'TIME') return reading('time', 'TIME', id);
  if (nativeType === 'BLOB') return textReading(`coalesce(TRY(decode(${id})), ${id}::VARCHAR)`);
  if (/\[\d*\]$|^(?:STRUCT|MAP|UNION|JSON)/.test(nativeType)) return { ...reading('nested', 'VARCHAR', `to_json(${id})::VARCHAR`) };
  return textReading(`${id}::VARCHAR`);
}

function decimalReading(id: string, nativeType: string): Reading {
  const scale = Number(/,\s*(\d+)\)/.exec(nativeType)?.[1] ?? 0);
  return scale === 0 ? reading('integer', 'HUGEINT', `${id}::HUGEINT`) : reading('decimal', 'DECIMAL', id);
}

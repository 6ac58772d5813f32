/** Writes test/fixtures/report-types.parquet: `node test/support/make-report-types.mjs`. */
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

const path = join(import.meta.dirname, '../fixtures/report-types.parquet');
const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
const connection = await instance.connect();
await connection.run(`COPY (
  SELECT i::TINYINT AS tiny, 9007199254740993 + i AS big, 18446744073709551615::UBIGINT - i::UBIGINT AS unsigned, (i / 4)::FLOAT AS real,
    CASE i WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN 'inf'::DOUBLE ELSE i * 0.1::DOUBLE END AS double,
    ('1234567890123456.' || lpad((i % 4 * 25)::VARCHAR, 2, '0'))::DECIMAL(38, 2) AS money, (12345678901234567890 + i)::DECIMAL(20, 0) AS whole, i % 2 = 0 AS flag,
    DATE '2024-01-01' + i::INTEGER AS day, TIMESTAMP '2024-01-01 00:00:00' + INTERVAL (i) HOUR AS at,
    TIMESTAMPTZ '2024-01-01 00:00:00+00' + INTERVAL (i) HOUR AS zoned, TIME '00:00:00' + INTERVAL (i % 24) HOUR AS clock,
    'ä' || i AS "Name with ""quotes""", CASE WHEN i % 2 = 1 THEN '\\xFF\\x00'::BLOB ELSE 'abc'::BLOB END AS bytes,
    printf('00000000-0000-0000-0000-%012d', i)::UUID AS id, [i, i + 1] AS list, {a: i, b: 'x'} AS record, NULL::INTEGER AS nothing
  FROM range(40) AS numbers(i)
) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 16)`);
connection.closeSync();
instance.closeSync();

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';

/** A value as the database gives it: BIGINT and HUGEINT as bigint, texts as string. */
export type DbValue = number | bigint | string | boolean | null;
export type DbRow = readonly DbValue[];

/** Some rows of a large result. */
export interface RowBlock {
  readonly rows: number;
  /** @param index From 0. */
  row(index: number): DbRow;
}

/** Resident memory of Node with the database's library loaded, before any data, MiB (measured: 90 to 110). */
const BASE_MB = 120;
/**
 * Share of the rest that the database may count as its own: its limit leaves out allocations of the allocator and of some
 * operators (measured: 150 MiB counted are up to 300 MiB resident, test/bench/report-large.ts).
 */
const COUNTED_SHARE = 0.45;
const MIN_LIMIT_MB = 64;
const MAX_TEMP = '16GB';
const PROGRESS_EVERY_MS = 250;
/** Ways to compress texts: trying them out is half of the time of loading a file (measured); whole, texts take four times the disk. */
const TEXT_COMPRESSIONS = 'dictionary,fsst,dict_fsst,zstd';
/** Sources up to this size have disk enough for whole texts, MiB. */
const WHOLE_TEXTS_MB = 2_048;

/** What a database may touch and use. */
export interface DatabaseOptions {
  /** Folder for its file and its temporary files. */
  readonly workDir: string;
  /** Files outside `workDir` that it may read. */
  readonly readable: readonly string[];
  /** Resident memory of the process, MiB. */
  readonly memoryMb: number;
  readonly signal: AbortSignal;
}

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/**
 * A DuckDB that reads the files of one job and nothing else: no other path, no network, no extension, and none of it can be
 * set back. Tables live in a file of the work folder. Data is named by synthetic identifiers and bound values only.
 */
export class Database {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #signal: AbortSignal;
  readonly #interrupt: () => void;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, signal: AbortSignal) {
    this.#instance = instance;
    this.#connection = connection;
    this.#signal = signal;
    this.#interrupt = () => connection.interrupt();
    signal.addEventListener('abort', this.#interrupt);
  }

  /** Opens it; call `keepTables` before tables are made. */
  static async open(options: DatabaseOptions): Promise<Database> {
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${memoryLimitMb(options.memoryMb)}MiB`,
      threads: String(Math.min(2, availableParallelism())),
      temp_directory: join(options.workDir, 'spill'),
      max_temp_directory_size: MAX_TEMP,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
      allow_persistent_secrets: 'false',
      enable_external_file_cache: 'false',
      // Freed memory goes back to the system soon: the limit of the process counts it.
      allocator_flush_threshold: '1MB',
      allocator_bulk_deallocation_flush_threshold: '1MB',
    });
    const database = new Database(instance, await instance.connect(), options.signal);
    await database.#restrict(options);
    return database;
  }

  async #restrict({ workDir, readable }: DatabaseOptions): Promise<void> {
    await this.run('SET enable_progress_bar = true');
    await this.run('SET enable_progress_bar_print = false');
    await this.run("SET TimeZone = 'UTC'");
    await this.run(`SET allowed_directories = [${literal(workDir)}]`);
    await this.run(`SET allowed_paths = [${readable.map(literal).join(', ')}]`);
    await this.run('SET enable_external_access = false');
  }

  /**
   * Makes the file for tables, suited to their width, and locks the configuration. Wide tables need small row groups and
   * blocks: each column under construction holds at least one block (measured: 500 columns do not fit otherwise). Texts are
   * kept as they are, but for very large sources and wide tables, which would take more memory (measured: 70 MiB).
   */
  async keepTables(workDir: string, columns: number, sourceBytes: number): Promise<void> {
    const isWide = columns > 60;
    if (isWide) await this.run('SET threads = 1');
    else if (sourceBytes <= WHOLE_TEXTS_MB * 1_048_576) await this.run(`SET disabled_compression_methods = '${TEXT_COMPRESSIONS}'`);
    await this.run('SET lock_configuration = true');
    const groupRows = columns > 250 ? 16_384 : 32_768;
    const shape = isWide ? `(BLOCK_SIZE 16384, ROW_GROUP_SIZE ${groupRows})` : '';
    await this.run(`ATTACH ${literal(join(workDir, 'tables.duckdb'))} AS tables ${shape}`);
    await this.run('USE tables');
  }

  /** Runs a statement whose result does not matter. */
  async run(sql: string, values: readonly DuckDBValue[] = []): Promise<void> {
    this.#signal.throwIfAborted();
    await this.#connection.run(sql, [...values]);
  }

  /** Runs a long statement and reports its progress, 0..1. */
  async runLong(sql: string, values: readonly DuckDBValue[], onProgress: (fraction: number) => void): Promise<void> {
    const timer = setInterval(() => {
      const { percentage } = this.#connection.progress;
      if (percentage > 0) onProgress(percentage / 100);
    }, PROGRESS_EVERY_MS);
    try {
      await this.run(sql, values);
      onProgress(1);
    } finally {
      clearInterval(timer);
    }
  }

  /** All rows of a small result. */
  async rows(sql: string, values: readonly DuckDBValue[] = []): Promise<readonly DbRow[]> {
    this.#signal.throwIfAborted();
    const reader = await this.#connection.runAndReadAll(sql, [...values]);
    return reader.getRows() as unknown as readonly DbRow[];
  }

  /** The only row of a result that has one. */
  async row(sql: string, values: readonly DuckDBValue[] = []): Promise<DbRow> {
    const [first] = await this.rows(sql, values);
    if (!first) throw new Error('A query that gives one row gave none.');
    return first;
  }

  /** Rows of a large result, some thousand at a time, each read when it is asked for. */
  async *stream(sql: string, values: readonly DuckDBValue[] = []): AsyncGenerator<RowBlock> {
    this.#signal.throwIfAborted();
    const result = await this.#connection.stream(sql, [...values]);
    for await (const chunk of result) {
      this.#signal.throwIfAborted();
      yield { rows: chunk.rowCount, row: (index) => chunk.getRowValues(index) as unknown as DbRow };
    }
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#interrupt);
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

/** MiB that the database may count of a process's resident memory. */
export function memoryLimitMb(memoryMb: number): number {
  return Math.max(MIN_LIMIT_MB, Math.floor((memoryMb - BASE_MB) * COUNTED_SHARE));
}

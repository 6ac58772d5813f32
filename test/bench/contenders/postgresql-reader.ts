import pg from 'pg';

/** Questions to a PostgreSQL, and completions that triggers tell of. */
export class PostgresqlReader {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async open(url: string): Promise<PostgresqlReader> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return new PostgresqlReader(client);
  }

  async rows<R extends pg.QueryResultRow>(sql: string): Promise<readonly R[]> {
    return (await this.#client.query<R>(sql)).rows;
  }

  /** Whether a query finds anything. */
  async hasAny(sql: string): Promise<boolean> {
    return ((await this.#client.query(`${sql} LIMIT 1`)).rowCount ?? 0) > 0;
  }

  /** Has a trigger tell what an expression says of rows; it is told when their transaction is committed. */
  async watch({ table, on, when, says }: TriggerSpec, onTold: (text: string) => void): Promise<void> {
    this.#client.on('notification', ({ payload }) => onTold(payload ?? ''));
    await this.#client.query(`
      CREATE FUNCTION public.bench_tell() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF ${when} THEN PERFORM pg_notify('bench', ${says}); END IF; RETURN NULL; END $$;
      CREATE TRIGGER bench_tell AFTER ${on} ON ${table} FOR EACH ROW EXECUTE FUNCTION public.bench_tell();
      LISTEN bench`);
  }

  async close(): Promise<void> {
    await this.#client.end();
  }
}

/** Which rows a trigger tells of. */
export interface TriggerSpec {
  readonly table: string;
  readonly on: 'UPDATE' | 'DELETE';
  /** SQL over OLD and NEW. */
  readonly when: string;
  readonly says: string;
}

/** One call that changed something, or tried to. */
export interface AuditEntry {
  /** A UUIDv7: entries are in the order of their ids. */
  readonly id: string;
  /** The moment that the id carries. */
  readonly at: Date;
  readonly tenant: string;
  /** Absent where there are no keys. */
  readonly keyId?: string;
  readonly keyName?: string;
  /** E.g. `job.cancel`. */
  readonly action: string;
  /** Id of what it was done to, or of what it made. */
  readonly target?: string;
  /** Of a batch: jobs that were accepted. */
  readonly jobs?: number;
  /** HTTP status of the answer. */
  readonly status: number;
  readonly traceId: string;
  /** Address of the connection's other end: a proxy's, where there is one. */
  readonly client: string;
}

/** The moment that a UUIDv7 carries. */
export function momentOf(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}

/** Less than or equal to every UUIDv7 of that moment and later ones, greater than all before. */
export function firstIdAt(moment: Date): string {
  const hex = moment.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

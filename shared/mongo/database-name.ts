const DATABASE = /^mongodb(?:\+srv)?:\/\/(?:[^@/\s]+@)?[^@/?\s]+\/([A-Za-z0-9_-]{1,63})(?:\?\S*)?$/;

/** The database that a MongoDB connection string names in its path; default `jobline`. */
export function databaseName(url: string): string {
  return DATABASE.exec(url)?.[1] ?? 'jobline';
}

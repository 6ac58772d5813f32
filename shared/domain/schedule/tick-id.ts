/** The id of a scheduled tick: nothing but schedule and instant, so that whoever finds it again finds the same. */
export function tickId(scheduleId: string, at: Date): string {
  return `${scheduleId}|${at.toISOString()}`;
}

/** The id of a run that somebody asked for. @param token the same for a repeat of the same request. */
export function manualTickId(scheduleId: string, token: string): string {
  return `${scheduleId}|run|${token}`;
}

/**
 * The id of a tick's job: a UUIDv7 of the tick's instant whose other bits come from its id, so that every repeat gives the same.
 * @param digest SHA-256 of the tick's id, hex.
 */
export function tickJobId(at: Date, digest: string): string {
  const time = Math.max(at.getTime(), 0).toString(16).padStart(12, '0').slice(-12);
  const variant = ((Number.parseInt(digest.slice(3, 4), 16) & 3) | 8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${digest.slice(0, 3)}-${variant}${digest.slice(4, 7)}-${digest.slice(7, 19)}`;
}

/** A UUID (version 8, RFC 9562) made of a digest. @param digest SHA-256, hex. */
export function uuidOfDigest(digest: string): string {
  const variant = ((Number.parseInt(digest.slice(16, 17), 16) & 3) | 8).toString(16);
  const parts = [digest.slice(0, 8), digest.slice(8, 12), `8${digest.slice(13, 16)}`, `${variant}${digest.slice(17, 20)}`];
  return [...parts, digest.slice(20, 32)].join('-');
}

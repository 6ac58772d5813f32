function spanText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** How long from now, for a person: 12 s, 3 min, 2 h. */
export function untilText(at: string): string {
  return spanText(Date.parse(at) - Date.now());
}

/** How long ago; a dash for what has not been. */
export function ageText(at: string | undefined): string {
  return at === undefined ? '-' : spanText(Date.now() - Date.parse(at));
}

/** A moment to the second: 2026-11-29 09:03:56Z. */
export function momentText(at: string | undefined): string {
  return at === undefined ? '-' : `${at.slice(0, 10)} ${at.slice(11, 19)}Z`;
}

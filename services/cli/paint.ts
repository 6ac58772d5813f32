import type { Terminal } from './command.ts';

const [RED, GREEN, YELLOW] = [31, 32, 33];

const COLOURS: ReadonlyMap<string, number> = new Map([
  ...['COMPLETED', 'ok', 'active', 'working', 'running', 'done', 'delivered', 'submitted', 'completed'].map(
    (word) => [word, GREEN] as const,
  ),
  ...['FAILED', 'failed', 'dead', 'stopped', 'silent', 'revoked', 'expired'].map((word) => [word, RED] as const),
  ...['RETRYING', 'CANCELED', 'EXPIRED', 'warning', 'paused', 'pausing', 'draining', 'drained', 'pending', 'skipped', 'aborted'].map(
    (word) => [word, YELLOW] as const,
  ),
]);

/** A word that says how something stands, in its colour; blanks around it stay. */
export function painted(text: string, { hasColour = false }: Pick<Terminal, 'hasColour'>): string {
  const colour = hasColour ? COLOURS.get(text.trim()) : undefined;
  return colour === undefined ? text : `\u001b[${colour}m${text}\u001b[39m`;
}

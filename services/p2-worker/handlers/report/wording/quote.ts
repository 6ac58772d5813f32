const LONGEST_NAME = 60;

/** Cuts a text at `length` characters (code points) with an ellipsis. */
export function shortened(text: string, length: number): string {
  // Two code units make at most one character: the long tail of a huge text is never looked at.
  const head = [...text.slice(0, length * 2 + 2)];
  return head.length <= length && text.length <= length * 2 + 2 ? text : `${head.slice(0, length - 1).join('')}…`;
}

/** A column's name or a value in a sentence. */
export function quoted(text: string, length = LONGEST_NAME): string {
  return `“${shortened(text.replace(/\s+/g, ' '), length)}”`;
}

/** `a`, `a and b`, `a, b and c`; with more than `most`: `a, b and 7 more`. */
export function listed(items: readonly string[], most = 4): string {
  if (items.length > most) return `${items.slice(0, most - 1).join(', ')} and ${items.length - most + 1} more`;
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

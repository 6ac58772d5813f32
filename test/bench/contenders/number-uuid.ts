const HEX_DIGITS = 12;

/** A UUID that carries a job's number, ascending as Jobline's are; the same at both stages. */
export function uuidOf(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(HEX_DIGITS, '0')}`;
}

/** The number in it. */
export function numberIn(uuid: string): number {
  return Number.parseInt(uuid.slice(-HEX_DIGITS), 16);
}

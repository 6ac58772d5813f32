/** How one thing stands, as the doctor of deploy/ says it too. */
export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  /** What is there, and where it is not well what to do. */
  readonly message: string;
}

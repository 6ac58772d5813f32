import { readFileSync } from 'node:fs';

const STACK = '.jobline/stack.json';

/** Addresses of the system that `npm start` runs in this folder. */
export interface RunningStack {
  readonly api?: string;
  readonly admin?: string;
  readonly rabbitmq?: string;
  readonly management?: string;
  readonly mongodb?: string;
}

/** What runs in this folder; undefined where nothing does. */
export function runningStack(): RunningStack | undefined {
  try {
    const stack: unknown = JSON.parse(readFileSync(STACK, 'utf8'));
    if (typeof stack !== 'object' || stack === null) return undefined;
    return Object.fromEntries(Object.entries(stack).filter(([, value]) => typeof value === 'string'));
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

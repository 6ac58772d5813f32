import { execFileSync } from 'node:child_process';

/** Size of the disk under the workers' scratch folder. */
export const SCRATCH_MB = 16;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Puts a folder onto a small disk of its own. Needs root. @returns a function that takes it away; done at an interrupt too. */
export function mountScratch(folder: string): () => void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SCRATCH_MB}m`, 'tmpfs', folder]);
  const unmount = () => {
    for (const signal of SIGNALS) process.removeListener(signal, interrupted);
    execFileSync('umount', ['-l', folder]);
  };
  const interrupted = () => {
    unmount();
    process.exit(130);
  };
  for (const signal of SIGNALS) process.once(signal, interrupted);
  return unmount;
}

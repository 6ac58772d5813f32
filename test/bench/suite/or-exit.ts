/** Does what the command line asks for; what it says wrongly, a file that it names included, ends the program with code 64. */
export function orExit<T>(usage: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}\n`);
    process.exit(64);
  }
}

/** The command lines under `Example:` in a help, each as a shell takes it; one that is continued by a backslash is whole. */
export function helpExamples(help: string): readonly string[] {
  const [, block = ''] = help.split(/\nExamples?:\n/);
  return block
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .map((line) => line.trim());
}

const VERDICT = /^\s*(\d+) lost, (\d+) duplicate effects, (\d+) accepted, (\d+) re-executed, (\d+) fenced\s*$/gm;

/**
 * Adds up the closing lines that the oracles of a test run have printed, each of a run of the system under faults.
 * @param {string} output
 * @returns {{ line: string, isGood: boolean }} `isGood`: something was accepted, nothing is lost and nothing took effect twice
 */
export function sumOfVerdicts(output) {
  const all = [...output.matchAll(VERDICT)].map(([, ...figures]) => figures.map(Number));
  const [lost = 0, duplicates = 0, accepted = 0, again = 0, fenced = 0] = all.reduce(
    (sum, figures) => sum.map((one, index) => one + (figures[index] ?? 0)),
    [0, 0, 0, 0, 0],
  );
  return {
    line: `${lost} lost, ${duplicates} duplicate effects, ${accepted} accepted, ${again} re-executed, ${fenced} fenced`,
    isGood: accepted > 0 && lost === 0 && duplicates === 0,
  };
}

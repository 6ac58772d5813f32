/** npm passes Ctrl-C on to a program that the terminal has told already: that is one signal, not two. */
const SAME_SIGNAL_MS = 1_000;

/** How often a program started by npm looks whether npm's shell still lives. */
const PARENT_POLL_MS = 500;

/**
 * Calls `onFirst` at the first SIGINT, SIGTERM or SIGHUP, `onSecond` at a later one. A SIGTERM to npm ends the shell
 * between it and this program, which then hears nothing: under npm the end of the parent counts as that signal.
 * @param {(signal: string) => void} onFirst
 * @param {() => void} onSecond
 */
export function onStopSignals(onFirst, onSecond) {
  let firstAt = 0;
  const onSignal = (/** @type {string} */ signal) => {
    if (firstAt === 0) {
      firstAt = Date.now();
      onFirst(signal);
    } else if (Date.now() - firstAt > SAME_SIGNAL_MS) onSecond();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => onSignal(signal));
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    if (firstAt === 0) onSignal('SIGTERM');
  }, PARENT_POLL_MS);
  watch.unref();
}

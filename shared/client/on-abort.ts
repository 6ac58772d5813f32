const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Has `tell` called when the signal is aborted. One listener a signal, however many calls share it: Node warns of an eleventh.
 * @returns ends that.
 */
export function onAbort(signal: AbortSignal, tell: () => void): () => void {
  const known = listeners.get(signal) ?? new Set();
  if (!listeners.has(signal)) {
    listeners.set(signal, known);
    signal.addEventListener('abort', () => [...known].forEach((one) => void one()), { once: true });
  }
  known.add(tell);
  return () => void known.delete(tell);
}

const SHOWN_LEVELS = ['warn', 'error', 'fatal'];
const OWN_KEYS = new Set(['time', 'level', 'service', 'msg', 'err', 'pid', 'hostname']);
const LONGEST_VALUE = 120;
const LINES_PER_WINDOW = 20;
const WINDOW_MS = 5_000;

/** @param {unknown} value */
function short(value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}...` : text;
}

/**
 * A log line of a service for a person: time, process, level, message and fields; undefined when nobody need see it
 * (below warn). What is no JSON (a crash of Node.js itself) is shown as it is.
 * @param {string} name
 * @param {string} line
 * @returns {string | undefined}
 */
export function summarize(name, line) {
  if (line.trim() === '') return undefined;
  /** @type {Record<string, any>} */
  let event;
  try {
    event = JSON.parse(line);
  } catch {
    return `${name}: ${line}`;
  }
  if (!SHOWN_LEVELS.includes(event['level'])) return undefined;
  const fields = Object.entries(event).filter(([key]) => !OWN_KEYS.has(key));
  const error = event['err']?.message ? [`(${short(event['err'].message)})`] : [];
  const time = String(event['time'] ?? '').slice(11, 19);
  return [
    time,
    name,
    String(event['level']).toUpperCase(),
    event['msg'],
    ...error,
    ...fields.map(([key, value]) => `${key}=${short(value)}`),
  ].join(' ');
}

/**
 * Passes lines on, at most 20 in 5 s; of the rest it tells the number.
 * @param {(line: string) => void} print
 */
export function limited(print) {
  let since = 0;
  let count = 0;
  return (/** @type {string} */ line) => {
    const now = Date.now();
    if (now - since > WINDOW_MS) {
      if (count > LINES_PER_WINDOW) print(`... and ${count - LINES_PER_WINDOW} more lines, see the logs.`);
      since = now;
      count = 0;
    }
    count += 1;
    if (count <= LINES_PER_WINDOW) print(line);
  };
}

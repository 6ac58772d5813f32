const OPEN_METRICS = 'application/openmetrics-text';

/** Whether an Accept header asks for OpenMetrics 1.0 at least as much as for Prometheus' own text format. */
export function wantsOpenMetrics(accept = ''): boolean {
  const wanted = accept.split(',').map(readRange);
  const open = wanted.find(({ type, version }) => type === OPEN_METRICS && ['', '1.0.0'].includes(version));
  const text = wanted.find(({ type }) => type === 'text/plain');
  return open !== undefined && open.quality > 0 && open.quality >= (text?.quality ?? 0);
}

function readRange(range: string): { readonly type: string; readonly version: string; readonly quality: number } {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const parameter = (name: string) => parameters.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  return { type, version: parameter('version') ?? '', quality: Number(parameter('q') ?? 1) };
}

import { METRIC_CONCERNS, type MetricDefinition } from './metric-definitions.ts';

interface Section {
  readonly title: string;
  readonly text: string;
}

const SECTIONS: Readonly<Record<keyof typeof METRIC_CONCERNS, Section>> = {
  cluster: {
    title: 'All jobs',
    text: `Each scheduler samples the store on a timer; a scrape asks nobody. All schedulers show the same jobs: take \`max by\`, never
\`sum by\`, over them. \`stage\` is the name in the pipeline table, \`a|b\` where pipelines differ at a position. Figures that are too
old vanish rather than lie.`,
  },
  fsck: {
    title: 'fsck',
    text: `The last run that came to an end, read each 30 s: the nightly one, or one that somebody asked for
([runbook-fsck.md](runbook-fsck.md)). After mending, run it again: the figures stay until the next run.`,
  },
  gateway: {
    title: 'Gateway',
    text: `\`listener\` is \`api\` or \`admin\`; \`route\` is the path as declared, \`none\` where none took the request; \`status\` is 0 where the
client went before there was an answer.`,
  },
  worker: { title: 'Workers', text: '`type` and `stage` come from the pipeline table, never from a request.' },
  scheduler: { title: 'Scheduler', text: '`task` is a line of [schedule.ts](../services/scheduler/schedule.ts).' },
  bus: { title: 'RabbitMQ, as each process sees it', text: 'Doorbells, dead letters and events together.' },
};

const INTRO = `# Metrics

Every process answers \`GET /metrics\` on its \`HEALTH_PORT\`, the gateway also on \`ADMIN_PORT\`: Prometheus' text format, or OpenMetrics
where the scraper's \`Accept\` asks for it. Every metric has the label \`service\` (\`gateway\`, \`p1-worker\`, \`scheduler\`, ...). No label has a
value that a client can make up: no job ids, no tenants, no paths as sent. Nothing is asked of MongoDB or RabbitMQ for a scrape, so it is
answered while they are away.

What to alert on, and the indicators of the objectives in PromQL: [slo.md](slo.md). Files for Prometheus:
[deploy/monitoring](../deploy/monitoring).

This page is generated from \`shared/runtime/metric-definitions.ts\` by \`metricsPage()\`; a test compares the two.
`;

const RUNTIME = `## Node.js and the process

What [prom-client](https://github.com/siimon/prom-client) knows of any process, under its usual names, from every process:
\`process_cpu_seconds_total\`, \`process_resident_memory_bytes\`, \`process_open_fds\`, \`process_start_time_seconds\`,
\`nodejs_eventloop_lag_seconds\` and its quantiles since the last scrape (\`nodejs_eventloop_lag_p99_seconds\`; they include the resolution
of the measurement, 10 ms), \`nodejs_gc_duration_seconds\` by \`kind\`, \`nodejs_heap_size_used_bytes\`, \`nodejs_active_resources\`. Child
processes of handlers are not in them.
`;

const code = (texts: readonly string[]) => texts.map((text) => `\`${text}\``).join(', ');

function row([name, { type, labels, unit, servedBy, help }]: readonly [string, MetricDefinition]): string {
  const cells = [`\`${name}\``, type, code(labels), unit, servedBy.join(', '), help];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** The text of docs/metrics.md. */
export function metricsPage(): string {
  const sections = Object.entries(METRIC_CONCERNS).map(([concern, metrics]) => {
    const { title, text } = SECTIONS[concern as keyof typeof METRIC_CONCERNS];
    const rows = Object.entries<MetricDefinition>(metrics).map(row);
    const head = '| metric | type | labels | unit | served by | meaning |\n| --- | --- | --- | --- | --- | --- |';
    return `## ${title}\n\n${text}\n\n${head}\n${rows.join('\n')}\n`;
  });
  return [INTRO, ...sections, RUNTIME].join('\n');
}

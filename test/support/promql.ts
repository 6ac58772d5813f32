import { parser } from '@prometheus-io/lezer-promql';
import { METRICS, type MetricDefinition } from '../../shared/runtime/metric-definitions.ts';

const DEFINITIONS: ReadonlyMap<string, MetricDefinition> = new Map(Object.entries<MetricDefinition>(METRICS));
/** Of prom-client and of Prometheus itself. */
const FOREIGN = /^(nodejs|process)_[a-z0-9_]+$|^up$/;
/** What every sample has. */
const COMMON = ['service', 'instance', 'job'];

interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
}

/** Everything that is wrong with a query: its syntax, metrics that nobody serves, labels that its metrics do not have. */
export function promqlProblems(query: string): string[] {
  const selectors: Selector[] = [];
  const grouped = new Set<string>();
  const problems: string[] = [];
  parser.parse(query).iterate({
    enter({ node, type, from, to }) {
      const text = query.slice(from, to);
      if (type.isError) problems.push(`cannot be read at ${from}: ${query.slice(from, from + 20)}`);
      if (type.name === 'VectorSelector') selectors.push(selectorOf(text));
      if (type.name === 'LabelName' && node.parent?.name === 'GroupingLabels') grouped.add(text);
    },
  });
  const known = new Set([...COMMON, ...selectors.flatMap(({ metric }) => [...labelsOf(metric)])]);
  return [
    ...problems,
    ...selectors.flatMap(selectorProblems),
    ...[...grouped].filter((label) => !known.has(label)).map((label) => `no metric of it has the label ${label}`),
  ];
}

function selectorOf(text: string): Selector {
  const [metric = '', matchers = ''] = text.split(/[{}]/);
  return { metric: metric.trim(), labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label!) };
}

function definitionOf(metric: string): MetricDefinition | undefined {
  const histogram = DEFINITIONS.get(metric.replace(/_(bucket|sum|count)$/, ''));
  return DEFINITIONS.get(metric) ?? (histogram?.type === 'histogram' ? histogram : undefined);
}

function labelsOf(metric: string): readonly string[] {
  return [...(definitionOf(metric)?.labels ?? []), ...(metric.endsWith('_bucket') ? ['le'] : [])];
}

function selectorProblems({ metric, labels }: Selector): string[] {
  if (FOREIGN.test(metric)) return [];
  const definition = definitionOf(metric);
  if (!definition || (definition.type === 'histogram' && DEFINITIONS.has(metric))) return [`there is no metric ${metric}`];
  const known = [...COMMON, ...labelsOf(metric)];
  return labels.filter((label) => !known.includes(label)).map((label) => `${metric} has no label ${label}`);
}

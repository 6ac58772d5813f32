import { expect } from 'chai';
import { METRICS, type MetricDefinition } from '../../../../shared/runtime/metric-definitions.ts';
import { metricsPage } from '../../../../shared/runtime/metrics-page.ts';
import { expectPage } from './generated-page.ts';

const ALL = Object.entries<MetricDefinition>(METRICS);

describe('docs/metrics.md', () => {
  it('the page in the repository: equals the one made from the definitions', () => {
    expectPage('metrics.md', metricsPage());
  });

  it('the definitions: follow the conventions of Prometheus', () => {
    for (const [name, { type, labels, unit, help, buckets }] of ALL) {
      expect(name).to.match(/^jobline_[a-z]+(_[a-z]+)*$/);
      expect(name.endsWith('_total'), name).to.equal(type === 'counter');
      if (unit === 'seconds') expect(name).to.match(/_seconds(_total)?$/);
      expect(name).not.to.match(/_(ms|milliseconds|minutes|mb|count|sum|bucket|info)$/);
      expect(help, name).to.match(/^[A-Z].*\.$/);
      for (const label of labels) expect(label).to.match(/^(?!le$|service$|job$|instance$)[a-z]+$/);
      expect(buckets !== undefined, name).to.equal(type === 'histogram');
      expect(buckets ?? []).to.deep.equal((buckets ?? []).toSorted((a, b) => a - b));
    }
  });

  it('no label: holds what a client can make up', () => {
    const allowed = ['stage', 'lane', 'state', 'category', 'result', 'outcome', 'reason', 'listener', 'method', 'route', 'status'];
    const labels = new Set(ALL.flatMap(([, one]) => one.labels));
    expect([...allowed, 'bound', 'code', 'task', 'type', 'redelivered', 'kind', 'dependency', 'model']).to.include.members([...labels]);
  });
});

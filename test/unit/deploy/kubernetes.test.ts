import { expect } from 'chai';
import { kubernetesObjects, kubernetesText } from '../../support/deploy/kubernetes-documents.ts';
import { kubernetesProblems } from '../../support/deploy/kubernetes-problems.ts';

const text = kubernetesText();

/** The files with one thing changed, where it first stands. @throws when there is nothing to change. */
function problemsWith(from: string | RegExp, to: string): string {
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`deploy/kubernetes has no ${from}`);
  return kubernetesProblems(kubernetesObjects(changed)).join('\n');
}

const BREAKS: readonly (readonly [what: string, from: string | RegExp, to: string, problem: string])[] = [
  ['a variable with a misspelt name', 'name: HEALTH_HOST', 'name: HEALTHHOST', 'gateway: HEALTHHOST is not a variable of a gateway'],
  ['a variable of another service', 'name: ADMIN_HOST, value: "0.0.0.0"', 'name: LEASE_MS, value: "3000"', 'gateway: LEASE_MS is not'],
  [
    'a gateway that listens for all and asks nobody',
    'JOBLINE_AUTH, value: keys',
    'JOBLINE_AUTH, value: none',
    'gateway: HOST is "0.0.0.0", and nobody',
  ],
  ['keys without a pepper', /\n {2}JOBLINE_KEY_PEPPER: .*/, '', 'gateway: JOBLINE_AUTH is keys and there is no pepper'],
  ['a value out of range', 'LOG_LEVEL: info', 'LOG_LEVEL: loud', 'scheduler: LOG_LEVEL is "loud"; it must be one of'],
  ['a variable of the ConfigMap that only some read', 'LOG_LEVEL: info', 'LEASE_MS: "30000"', 'gateway: LEASE_MS is not a variable'],
  [
    'a secret that is not there',
    'secretRef: { name: jobline-p1-worker }',
    'secretRef: { name: jobline-p1 }',
    'p1-worker: there is no Secret jobline-p1',
  ],
  [
    'the secret of another service',
    'secretRef: { name: jobline-p2-worker }',
    'secretRef: { name: jobline-p1-worker }',
    'p2-worker: RABBITMQ_URL is not that of the account p2-worker',
  ],
  ['a secret without a URL', /\n {2}MONGODB_URL: mongodb\+srv:\/\/scheduler.*/, '', 'scheduler: MONGODB_URL is not set'],
  [
    'a service that does not exist',
    'services/scheduler/main',
    'services/timer/main',
    'scheduler: it runs node --min-semi-space-size=16 dist/services/timer/main.js, which is not there',
  ],
  [
    'a service left out',
    /kind: Deployment\nmetadata:\n {2}name: p2-worker/,
    'kind: Deployment\nmetadata:\n  name: p3-worker',
    'p2-worker: has no Deployment',
  ],
  [
    'no disruption budget',
    /kind: PodDisruptionBudget\nmetadata:\n {2}name: gateway/,
    'kind: PodDisruptionBudget\nmetadata:\n  name: gate',
    'gateway: has no PodDisruptionBudget',
  ],
  ['a probe of another path', 'path: /readyz', 'path: /livez', 'gateway: its readinessProbe does not ask for /readyz'],
  ['no probe', 'livenessProbe:', 'formerProbe:', 'gateway: its livenessProbe does not ask for /livez'],
  [
    'another health port',
    'name: HEALTH_PORT, value: "9090"',
    'name: HEALTH_PORT, value: "9091"',
    'gateway: port health is 9090, HEALTH_PORT 9091',
  ],
  [
    'health on the loopback interface',
    'name: HEALTH_HOST, value: "0.0.0.0"',
    'name: HEALTH_HOST, value: "127.0.0.1"',
    'HEALTH_HOST is not 0.0.0.0',
  ],
  ['a scrape of another port', 'prometheus.io/port: "9090"', 'prometheus.io/port: "8080"', 'gateway: prometheus.io/port is not 9090'],
  [
    'too short a grace period',
    'terminationGracePeriodSeconds: 60',
    'terminationGracePeriodSeconds: 50',
    'gateway: terminationGracePeriodSeconds is 50; stopping may take 50 s',
  ],
  ['a gateway that closes at once', /lifecycle:\n.*\n.*\n/, '', 'gateway: it closes before it is taken out'],
  ['a Service for a port where nothing listens', 'targetPort: api', 'targetPort: web', 'gateway: nothing listens on port web'],
  [
    'a Service that selects no pods',
    'selector: { app.kubernetes.io/name: gateway',
    'selector: { app.kubernetes.io/name: gate',
    'gateway: selects no pods',
  ],
  [
    'a selector that misses its pods',
    /matchLabels: \{ app.kubernetes.io\/name: p1-worker/,
    'matchLabels: { app.kubernetes.io/name: p1',
    'p1-worker: its selector does not select its pods',
  ],
  [
    'a fixed number of replicas',
    'spec:\n  revisionHistoryLimit',
    'spec:\n  replicas: 1\n  revisionHistoryLimit',
    'gateway: replicas is set',
  ],
  ['root', 'runAsNonRoot: true', 'runAsNonRoot: false', 'prepare: it may run as root'],
  [
    'any system call',
    'seccompProfile: { type: RuntimeDefault }',
    'seccompProfile: { type: Unconfined }',
    'prepare: it may make any system call',
  ],
  ['a writable file system', 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false', 'prepare: its file system is writable'],
  ['privileges to be gained', 'allowPrivilegeEscalation: false', 'allowPrivilegeEscalation: true', 'prepare: it may gain privileges'],
  ['capabilities', 'drop: [ALL]', 'drop: [NET_RAW]', 'prepare: it keeps capabilities'],
  ['a token for the cluster', 'automountServiceAccountToken: false', 'automountServiceAccountToken: true', 'prepare: it gets a token'],
  ["variables of Kubernetes' own", 'enableServiceLinks: false', 'enableServiceLinks: true', 'prepare: Kubernetes adds variables'],
  ['memory without limit', 'limits: { memory: 256Mi, ', 'limits: { ', 'prepare: its resources are not limited'],
  ['scratch that is not mounted', 'mountPath: /scratch', 'mountPath: /work', 'p1-worker: /scratch is not an emptyDir'],
];

describe('deploy/kubernetes', () => {
  it('held against the settings of every service: has no problem', () => {
    expect(kubernetesProblems(kubernetesObjects(text))).to.deep.equal([]);
  });

  for (const [what, from, to, problem] of BREAKS) {
    it(`${what}: is found`, () => {
      expect(problemsWith(from, to)).to.contain(problem);
    });
  }
});

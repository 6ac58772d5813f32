import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { kubernetesObjects } from '../support/deploy/kubernetes-documents.ts';
import { localModule } from '../support/local-stack.ts';

const run = promisify(execFile);
const VERSIONS = ['1.29', '1.33', '1.37'];
/** File and version, again and again; one process, since most of its time is its start. */
const VALIDATE = `
import sys
from kubernetes_validate.utils import validate_file
for file, version in zip(sys.argv[1::2], sys.argv[2::2]):
    validate_file(file, version, strict=True, quiet=True, no_warn=False)
    print('seen', file)
`;

interface Finders {
  findKubectl(log: (line: string) => void): Promise<string>;
  findKubernetesValidate(log: (line: string) => void): Promise<{ PYTHONPATH: string }>;
}

describe('deploy/kubernetes, rendered by kubectl', function () {
  // The two programs are fetched at the first run.
  this.timeout(300_000);
  let folder: string;
  let rendered: string;
  let printed: string;

  before(async () => {
    const { findKubectl } = await localModule<Finders>('install/find-kubectl.mjs');
    const { findKubernetesValidate } = await localModule<Finders>('install/find-kubernetes-validate.mjs');
    const log = (line: string): void => void process.stderr.write(`${line}\n`);
    const kubectl = await findKubectl(log);
    const { PYTHONPATH } = await findKubernetesValidate(log);
    folder = mkdtempSync(join(tmpdir(), 'jobline-kubernetes-'));
    const env = { ...process.env, HOME: folder, KUBECONFIG: join(folder, 'none') };
    rendered = (await run(kubectl, ['kustomize', join(projectRoot(), 'deploy/kubernetes')], { env })).stdout;
    const files = [...VERSIONS.map((version) => [`right-${version}.yaml`, version, rendered]), ...breaks()] as const;
    for (const [file, , text] of files) writeFileSync(join(folder, file!), text!);
    const args = files.flatMap(([file, version]) => [join(folder, file!), version!]);
    const python = { env: { ...process.env, PYTHONPATH, PYTHONDONTWRITEBYTECODE: '1' }, cwd: folder };
    printed = (await run('python3', ['-c', VALIDATE, ...args], python)).stdout;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** What is wrong with a file, one line each. @throws when it was not looked at. */
  function errorsOf(file: string): string {
    const lines = printed.split('\n').filter((line) => line.includes(join(folder, file)));
    expect(lines.at(-1)).to.equal(`seen ${join(folder, file)}`);
    return lines.slice(0, -1).join('\n');
  }

  function breaks(): readonly string[][] {
    return [
      ['key.yaml', '1.33', rendered.replace('readOnlyRootFilesystem', 'readOnlyRootFileSystem')],
      ['kind.yaml', '1.33', rendered.replace('containerPort: 8080', 'containerPort: api')],
      ['version.yaml', '1.33', rendered.replace('policy/v1', 'policy/v1beta1')],
    ];
  }

  it('each object: is in the namespace, labelled as a part of jobline, and runs the image of the kustomization', () => {
    const objects = kubernetesObjects(rendered);
    expect(objects.map(({ kind }) => kind)).to.include.members([
      'Namespace',
      'ConfigMap',
      'Job',
      'Deployment',
      'Service',
      'PodDisruptionBudget',
    ]);
    for (const { kind, metadata, spec } of objects) {
      expect(metadata.labels).to.include({ 'app.kubernetes.io/part-of': 'jobline' });
      if (kind !== 'Namespace') expect(metadata).to.include({ namespace: 'jobline' });
      for (const { image } of spec?.template?.spec.containers ?? []) expect(image).to.match(/^registry\.example\.com\/jobline:\d/);
    }
  });

  for (const version of VERSIONS) {
    it(`held against the schemas of Kubernetes ${version}: is valid`, () => {
      expect(errorsOf(`right-${version}.yaml`)).to.equal('');
    });
  }

  for (const [what, file, problem] of [
    ['a key that Kubernetes does not know', 'key.yaml', 'readOnlyRootFileSystem'],
    ['a value of the wrong kind', 'kind.yaml', 'containerPort'],
    ['an API that is gone', 'version.yaml', 'find schema for kind PodDisruptionBudget'],
  ] as const) {
    it(`${what}: is found`, () => {
      expect(errorsOf(file)).to.contain(problem);
    });
  }
});

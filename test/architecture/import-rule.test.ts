import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { cycles, type Import, importsOf, repositoryPath, violations } from './import-rule.ts';

function sourceImports(): Import[] {
  const root = projectRoot();
  return ['services', 'shared', 'deploy', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
      .flatMap((name) => {
        const path = join(root, folder, name);
        return importsOf(repositoryPath(root, path), readFileSync(path, 'utf8'));
      }),
  );
}

describe('import rule', () => {
  it('holds for every file of the repository', () => {
    const imports = sourceImports();
    expect(imports.length).to.be.greaterThan(100);
    expect(violations(imports)).to.deep.equal([]);
  });

  it('finds no cycle in the repository', () => {
    expect(cycles(sourceImports())).to.deep.equal([]);
  });

  const planted: readonly [string, string, string][] = [
    ['service imports another service', 'services/gateway/app.ts', "import { x } from '../scheduler/schedule.ts';"],
    ['rabbit imports mongo', 'shared/rabbit/publisher.ts', "import { x } from '../mongo/connect.ts';"],
    ['mongo imports rabbit', 'shared/mongo/connect.ts', "import type { x } from '../rabbit/topology.ts';"],
    ['jobs import an adapter', 'shared/jobs/submit-job.ts', "import { x } from '../mongo/connect.ts';"],
    ['jobs import a package', 'shared/jobs/submit-job.ts', "import { MongoClient } from 'mongodb';"],
    ['domain imports a package', 'shared/domain/job.ts', "import { v7 } from 'uuid';"],
    ['domain imports a node module', 'shared/domain/job.ts', "import { createHash } from 'node:crypto';"],
    ['domain imports a port', 'shared/domain/job.ts', "import type { Clock } from '../ports/clock.ts';"],
    ['a port imports a use case', 'shared/ports/clock.ts', "export { x } from '../jobs/get-job.ts';"],
    ['product code imports a test', 'shared/jobs/get-job.ts', "import { x } from '../../test/support/fake.ts';"],
    ['a service part imports an adapter outside main', 'services/gateway/app.ts', "import { x } from '../../shared/mongo/connect.ts';"],
    ['product code imports a service', 'shared/worker/scratch.ts', "import { x } from '../../services/gateway/app.ts';"],
    ['an import hides in import()', 'shared/domain/job.ts', "const x = await import('../mongo/connect.ts');"],
    ['a service imports a test', 'services/gateway/main.ts', "import { x } from '../../test/support/rabbit.ts';"],
    ['deployment imports a test', 'deploy/local/demo-api.ts', "import { x } from '../../test/support/rabbit.ts';"],
    ['runtime imports an adapter', 'shared/runtime/health.ts', "import { x } from '../mongo/connect.ts';"],
    ['an adapter imports a use case', 'shared/mongo/connect.ts', "import { x } from '../jobs/get-job.ts';"],
    ['a port imports a package', 'shared/ports/clock.ts', "import { v7 } from 'uuid';"],
    ['a service imports the worker of another', 'services/p1-worker/main.ts', "import { x } from '../p2-worker/handlers.ts';"],
    ['an import runs code only', 'shared/jobs/submit-job.ts', "import '../rabbit/topology.ts';"],
    ['an import is a re-export of everything', 'shared/domain/job.ts', "export * from '../ports/clock.ts';"],
    ['an import takes several lines', 'shared/domain/job.ts', "import {\n  type A,\n  b,\n} from '../jobs/get-job.ts';"],
    ['an import is of types only', 'shared/domain/job.ts', "import type { A } from '../jobs/get-job.ts';"],
    ['the client SDK imports a package', 'shared/client/upload.ts', "import { z } from 'zod';"],
    ['the client SDK imports a node module', 'shared/client/upload.ts', "import { createReadStream } from 'node:fs';"],
    ['the client SDK imports what is not packed with it', 'shared/client/upload.ts', "import type { Lane } from '../domain/job.ts';"],
    ['the client SDK is bypassed by the CLI', 'services/cli/main.ts', "import { x } from '../../shared/mongo/connect.ts';"],
  ];
  for (const [name, file, source] of planted) {
    it(`is broken when ${name}`, () => {
      expect(violations(importsOf(file, source))).to.have.length(1);
    });
  }

  it('a planted break, stands beside imports that are allowed', () => {
    const source =
      "import { z } from 'zod';\nimport { a } from './a.ts';\nimport { b } from '../rabbit/b.ts';\nexport { c } from '../ports/c.ts';";
    expect(violations(importsOf('shared/mongo/connect.ts', source))).to.deep.equal([
      'shared/mongo/connect.ts may not import shared/rabbit/b.ts',
    ]);
  });

  it('a folder that no rule names, may import nothing', () => {
    expect(violations(importsOf('shared/utils/x.ts', "import { y } from './y.ts';"))).to.have.length(1);
  });

  it('sees a cycle of two files by a re-export and of one by itself', () => {
    const imports = [
      ...importsOf('shared/jobs/a.ts', "export { b } from './b.ts';"),
      ...importsOf('shared/jobs/b.ts', "import type { a } from './a.ts';"),
      ...importsOf('shared/jobs/c.ts', "import { c } from './c.ts';"),
    ];
    expect(cycles(imports)).to.deep.equal([
      'shared/jobs/a.ts -> shared/jobs/b.ts -> shared/jobs/a.ts',
      'shared/jobs/c.ts -> shared/jobs/c.ts',
    ]);
  });

  it('sees a cycle of three files', () => {
    const imports = [
      { from: 'a.ts', to: 'b.ts' },
      { from: 'b.ts', to: 'c.ts' },
      { from: 'c.ts', to: 'a.ts' },
    ];
    expect(cycles(imports)).to.deep.equal(['a.ts -> b.ts -> c.ts -> a.ts']);
  });
});

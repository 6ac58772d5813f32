import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { localModule } from '../support/local-stack.ts';

interface LockedPackage {
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
}

interface Bill {
  readonly metadata: { readonly component: { readonly name: string; readonly version: string } };
  readonly components: readonly { readonly name: string; readonly version: string; readonly purl: string; readonly hashes?: object[] }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const LOCKS = [
  'package-lock.json',
  'test/bench/contenders/temporal/sdk/package-lock.json',
  'test/generated-clients/typescript/package-lock.json',
];
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

function lockedIn(file: string): readonly (readonly [string, LockedPackage])[] {
  const { packages } = json(join(projectRoot(), file)) as { packages: Record<string, LockedPackage> };
  return Object.entries(packages).filter(([path]) => path !== '');
}

describe('what is installed', function () {
  this.timeout(120_000);

  for (const file of LOCKS) {
    it(`${file}: has a strong integrity hash for every package, and none from elsewhere than a registry`, () => {
      const packages = lockedIn(file);
      expect(packages.length).to.be.above(10);
      expect(
        packages.filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==/.test(integrity ?? '')).map(([path]) => path),
      ).to.deep.equal([]);
      expect(packages.filter(([, { resolved = 'https:' }]) => !resolved.startsWith('https:')).map(([path]) => path)).to.deep.equal([]);
    });
  }

  it('npm run sbom: fits the schema of CycloneDX and has every package of the services, with its hash', async () => {
    const { softwareBill } = await localModule<{ softwareBill(): Promise<Bill> }>('software-bill.mjs');
    const { findCyclonedxSchemas } = await localModule<{ findCyclonedxSchemas(log: (line: string) => void): Promise<string> }>(
      'install/find-cyclonedx-schemas.mjs',
    );
    const folder = await findCyclonedxSchemas((line) => process.stderr.write(`${line}\n`));
    const bill = await softwareBill();
    const ajv = new Ajv({ strict: false, validateFormats: false });
    for (const name of ['spdx', 'jsf-0.82'])
      ajv.addSchema(json(join(folder, `${name}.SNAPSHOT.schema.json`)), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
    const isValid = ajv.compile(json(join(folder, 'bom-1.5.SNAPSHOT.schema.json')));
    expect(isValid(bill), JSON.stringify(isValid.errors)).to.equal(true);
    expect(isValid({ ...bill, components: [{}] })).to.equal(false);
    const { name, version, dependencies } = json(join(projectRoot(), 'package.json'));
    expect(bill.metadata.component).to.include({ name, version });
    const wanted = lockedIn('package-lock.json').filter(([, { dev }]) => !dev);
    const listed = new Set(bill.components.map((one) => one.name));
    const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    expect(wanted.map(([path]) => nameOf(path)).filter((one) => !listed.has(one))).to.deep.equal([]);
    expect(bill.components.filter(({ hashes = [], purl }) => hashes.length === 0 || !purl.startsWith('pkg:npm/'))).to.deep.equal([]);
    expect(listed.has('mocha')).to.equal(false);
    const ofRoot = bill.dependencies.find(({ ref }) => ref === `${name}@${version}`);
    const direct = Object.entries(dependencies).map(([one, wanted]) => `${one}@${wanted}`);
    expect(ofRoot?.dependsOn).to.include.members(direct);
  });
});

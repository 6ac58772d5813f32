import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { localModule } from '../../../support/local-stack.ts';

interface Spec {
  readonly name: string;
  readonly main: string;
  readonly heapMb?: number;
}

describe('serviceSpecs', () => {
  let serviceSpecs: (services: readonly (string | Spec)[] | undefined, topology: string) => readonly Spec[];
  before(async () => {
    ({ serviceSpecs } = await localModule<{ serviceSpecs: typeof serviceSpecs }>('service-specs.mjs'));
  });

  it('each shipped service has a bound for its heap, workers twice that of the others', () => {
    for (const topology of ['per-stage', 'single']) {
      for (const { name, heapMb } of serviceSpecs(undefined, topology)) {
        expect(heapMb, name).to.equal(name.endsWith('worker') ? 2_048 : 1_024);
      }
    }
  });

  it("a module of one's own is started as it is given", () => {
    const own = { name: 'own', main: fileURLToPath(import.meta.url) };
    expect(serviceSpecs([own], 'per-stage')).to.deep.equal([own]);
  });
});

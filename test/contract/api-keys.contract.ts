import { expect } from 'chai';
import { InvalidCursorError } from '../../shared/domain/failures.ts';
import type { ApiKeys, NewApiKey } from '../../shared/ports/api-keys.ts';

export interface ApiKeysWorld {
  readonly keys: ApiKeys;
  dispose(hasPassed: boolean): Promise<void>;
}

const idOf = (number: number) => `key${String(number).padStart(13, '0')}`;
const key = (number: number, more: Partial<NewApiKey> = {}): NewApiKey => ({
  id: idOf(number),
  name: '$name {a.b}',
  tenant: 'acme',
  scopes: ['submit', 'read'],
  digest: `digest-${number}`,
  ...more,
});

/** What every ApiKeys must do. */
export function apiKeysContract(name: string, makeWorld: () => Promise<ApiKeysWorld>): void {
  describe(`${name}: API keys contract`, function () {
    this.timeout(30_000);
    let world: ApiKeysWorld;
    let keys: ApiKeys;
    beforeEach(async () => {
      world = await makeWorld();
      keys = world.keys;
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    it('a key, is stored as it was given, with the time of its creation', async () => {
      const expireAt = new Date(Date.now() + 86_400_000);
      const given = key(1, { expireAt, rateLimit: { perSecond: 5, burst: 10 } });
      const created = await keys.create(given);
      const { createdAt, ...rest } = created!;
      expect(rest).to.deep.equal(given);
      expect(Math.abs(createdAt.getTime() - Date.now())).to.be.below(60_000);
      expect(await keys.read(idOf(1))).to.deep.equal(created);
      expect(await keys.read(idOf(2))).to.equal(undefined);
    });

    it('an id that is taken, leaves the first key as it is; of many at once one is stored', async () => {
      await keys.create(key(1));
      expect(await keys.create(key(1, { digest: 'other' }))).to.equal(undefined);
      expect((await keys.read(idOf(1)))!.digest).to.equal('digest-1');
      const created = await Promise.all(Array.from({ length: 10 }, () => keys.create(key(2))));
      expect(created.filter(Boolean)).to.have.length(1);
    });

    it('rotated, has the new digest, and the one before until the overlap is over; rotated again, the first is gone', async () => {
      await keys.create(key(1));
      const rotated = (await keys.rotate(idOf(1), '$second', 60_000))!;
      expect(rotated).to.include({ digest: '$second', name: '$name {a.b}' });
      expect(rotated.previous!.digest).to.equal('digest-1');
      expect(rotated.previous!.until.getTime() - rotated.rotatedAt!.getTime()).to.equal(60_000);
      expect((await keys.rotate(idOf(1), 'third', 0))!.previous!.digest).to.equal('$second');
      expect(await keys.read(idOf(1))).to.include({ digest: 'third' });
    });

    it('revoked, stays so with its first time, and cannot be rotated', async () => {
      await keys.create(key(1));
      const { revokedAt } = (await keys.revoke(idOf(1)))!;
      expect(revokedAt).to.be.instanceOf(Date);
      expect((await keys.revoke(idOf(1)))!.revokedAt).to.deep.equal(revokedAt);
      expect(await keys.rotate(idOf(1), 'second', 0)).to.equal(undefined);
      expect(await keys.read(idOf(1))).to.include({ digest: 'digest-1' });
    });

    it('a key that there is not, can be neither rotated nor revoked, and is not made by it', async () => {
      expect([await keys.rotate(idOf(1), 'x', 0), await keys.revoke(idOf(1))]).to.deep.equal([undefined, undefined]);
      await keys.noteUsed([idOf(1)]);
      expect((await keys.list({}, 10)).keys).to.deep.equal([]);
    });

    it('used, says when; others do not', async () => {
      await keys.create(key(1));
      await keys.create(key(2));
      await keys.noteUsed([idOf(1)]);
      expect((await keys.read(idOf(1)))!.lastUsedAt).to.be.instanceOf(Date);
      expect(await keys.read(idOf(2))).not.to.have.property('lastUsedAt');
    });

    it('a list, pages through all or those of a tenant, newest first, each once', async () => {
      for (const number of [1, 2, 3, 4]) {
        await keys.create(key(number, { tenant: number === 2 ? 'other' : 'acme' }));
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      const first = await keys.list({ tenant: 'acme' }, 2);
      expect(first.keys.map(({ id }) => id)).to.deep.equal([idOf(4), idOf(3)]);
      const second = await keys.list({ tenant: 'acme' }, 2, first.next);
      expect(second.keys.map(({ id }) => id)).to.deep.equal([idOf(1)]);
      expect(second.next).to.equal(undefined);
      expect((await keys.list({}, 4)).keys).to.have.length(4);
      expect((await keys.list({}, 4)).next).to.equal(undefined);
      expect(await keys.list({}, 1, 'bogus').catch((error: unknown) => error)).to.be.instanceOf(InvalidCursorError);
    });
  });
}

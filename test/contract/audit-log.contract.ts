import { expect } from 'chai';
import { type AuditEntry, momentOf } from '../../shared/domain/audit-entry.ts';
import { InvalidCursorError } from '../../shared/domain/failures.ts';
import type { AuditFilter, AuditLog } from '../../shared/ports/audit-log.ts';

export interface AuditLogWorld {
  readonly log: AuditLog;
  dispose(hasPassed: boolean): Promise<void>;
}

const FIRST_MS = Date.now() - 60_000;

/** The entry of a second. */
function entry(second: number, more: Partial<AuditEntry> = {}): AuditEntry {
  const time = (FIRST_MS + second * 1_000).toString(16).padStart(12, '0');
  const id = `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${String(second).padStart(12, '0')}`;
  const facts = { tenant: 'acme', action: 'job.cancel', status: 202, traceId: 'f'.repeat(32), client: '127.0.0.1' };
  return { id, at: momentOf(id), ...facts, ...more };
}

/** What every AuditLog must do. */
export function auditLogContract(name: string, makeWorld: () => Promise<AuditLogWorld>): void {
  describe(`${name}: audit log contract`, function () {
    this.timeout(30_000);
    let world: AuditLogWorld;
    let log: AuditLog;
    beforeEach(async () => {
      world = await makeWorld();
      log = world.log;
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    const seconds = async (filter: AuditFilter) =>
      (await log.list(filter, 100)).entries.map(({ at }) => Math.round((at.getTime() - FIRST_MS) / 1_000));

    it('an entry, is listed as it was given; the same again is no second one, and does not keep others out', async () => {
      const one = entry(1, { keyId: 'k', keyName: '$name', target: '$job', jobs: 3 });
      await log.append([]);
      await log.append([one]);
      await log.append([one, entry(2)]);
      expect((await log.list({}, 10)).entries).to.deep.equal([entry(2), one]);
    });

    it('filters, hold together: tenant, key, action, target, and a span of time', async () => {
      await log.append([
        entry(1, { keyId: 'a', target: 'x' }),
        entry(2, { keyId: 'a', target: 'y', tenant: 'other' }),
        entry(3, { keyId: 'b', target: 'x', action: 'job.submit' }),
        entry(4),
      ]);
      expect(await seconds({ tenant: 'acme' })).to.deep.equal([4, 3, 1]);
      expect(await seconds({ keyId: 'a' })).to.deep.equal([2, 1]);
      expect(await seconds({ target: 'x', action: 'job.cancel' })).to.deep.equal([1]);
      expect(await seconds({ from: entry(2).at, until: entry(4).at })).to.deep.equal([3, 2]);
    });

    it('pages, newest first, each entry once', async () => {
      await log.append([1, 2, 3, 4, 5].map((second) => entry(second)));
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await log.list({}, 2, after);
        seen.push(...page.entries.map(({ id }) => id));
        after = page.next;
      } while (after !== undefined);
      expect(seen).to.deep.equal([5, 4, 3, 2, 1].map((second) => entry(second).id));
      expect(await log.list({}, 1, 'bogus').catch((error: unknown) => error)).to.be.instanceOf(InvalidCursorError);
    });
  });
}

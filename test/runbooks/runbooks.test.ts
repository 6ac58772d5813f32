import { expect } from 'chai';
import { MoodyEndpoint } from '../support/moody-endpoint.ts';
import { RUNBOOK_PAGES, RunbookDesk, readRunbooks } from '../support/runbooks/runbook-run.ts';
import { firstKey, leftOf, troubledSystem } from '../support/runbooks/runbook-system.ts';
import type { TroubledSystem } from '../support/runbooks/troubles.ts';
import { TestSystem } from '../support/test-system.ts';

describe('Runbooks as they are written, against the real system', function () {
  this.timeout(600_000);
  const endpoint = new MoodyEndpoint();
  let at: TroubledSystem;
  let desk: RunbookDesk;

  before(async () => {
    const { key, env } = firstKey();
    const base = await endpoint.start();
    const http = {
      HTTP_ENDPOINTS: JSON.stringify({ thumbnails: { p1: `${base}/thumbnails`, timeout_ms: 2_000 } }),
      BREAKER_PROBE_MS: '60000',
    };
    at = troubledSystem(await TestSystem.start({ env: { ...env, ...http } }), key, endpoint);
    desk = new RunbookDesk(at, key);
  });

  after(async () => {
    desk?.close();
    await at?.system.stop();
    endpoint.stop();
  });

  // What a runbook that failed has left is not to fail the next.
  afterEach(async () => {
    for (const self of await leftOf(at)) await at.admin('DELETE', self);
  });

  for (const page of RUNBOOK_PAGES) {
    for (const section of readRunbooks(page)) {
      it(`docs/operations/${page}.md, ${section.heading}: each command does what it says, and nothing is left behind`, async () => {
        await desk.follow(section);
        expect(await leftOf(at)).to.deep.equal([]);
      });
    }
  }
});

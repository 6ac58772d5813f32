import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { openBrowser, type TestBrowser } from '../support/browser.ts';
import { GatewayFixture } from '../unit/services/gateway/gateway-fixture.ts';

const SIZE = { width: 1280, height: 900 };

describe('GET /docs, opened in Chromium', function () {
  this.timeout(120_000);
  let chromium: TestBrowser | undefined;
  let gateway: GatewayFixture;
  let page: Page;
  const complaints: string[] = [];
  const asked = new Set<string>();

  before(async function () {
    chromium = await openBrowser();
    if (!chromium) this.skip();
    gateway = await new GatewayFixture({ auth: 'keys' }).start();
    page = await chromium.browser.newPage({ viewport: SIZE });
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(`${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('requestfailed', (request) => complaints.push(`${request.url()} ${request.failure()?.errorText}`));
    page.on('request', (request) => asked.add(request.url()));
    await page.goto(gateway.url('/docs'));
    await page.waitForSelector('.opblock');
  });
  after(async () => {
    await chromium?.close();
    await gateway?.stop();
  });

  const otherServers = () => [...asked].filter((url) => !url.startsWith('data:') && !url.startsWith(gateway.url('/')));
  const submission = () => page.locator('#operations-default-post_v1_jobs');

  it('the page: shows every operation, says nothing on the console, and asks no other server', async () => {
    const textsOf = (part: string) => page.locator(`.opblock ${part}`).allTextContents();
    const [methods, paths] = [await textsOf('.opblock-summary-method'), await textsOf('.opblock-summary-path')];
    const shown = methods.map((method, index) => `${method} ${paths[index]!.replaceAll('\u200b', '')}`);
    expect(shown).to.have.members(await gateway.routes());
    expect(await page.title()).to.equal('Jobline API');
    expect(complaints).to.deep.equal([]);
    expect(otherServers()).to.deep.equal([]);
  });

  it('an operation: opens, with an example that can be sent', async () => {
    await submission().locator('.opblock-summary-control').click();
    await submission().locator('.opblock-body .try-out__btn').waitFor();
    const example = await submission().locator('.opblock-section-request-body [data-name="examplePanel"]').textContent();
    expect(example).to.contain('"type": "report"').and.to.contain('"Wien"');
  });

  it('"Try it out" without a key: 401; with one by "Authorize": the job is accepted and stored', async () => {
    await submission().locator('.try-out__btn').click();
    const status = async () => {
      await submission().locator('.execute').click();
      const row = submission().locator('.live-responses-table .response-col_status');
      await row.last().waitFor();
      return (await row.last().textContent())?.trim();
    };
    expect(await status()).to.match(/^401/);
    expect(await gateway.jobCount()).to.equal(0);
    await submission().locator('.btn-clear').click();
    await page.locator('.auth-wrapper .authorize').click();
    await page
      .locator('.auth-container', { hasText: 'bearer' })
      .locator('input')
      .fill(await gateway.key(['submit']));
    await page.locator('.auth-container', { hasText: 'bearer' }).locator('.authorize').click();
    await page.locator('.btn-done').first().click();
    expect(await status()).to.match(/^202/);
    expect(await gateway.jobCount()).to.equal(1);
    expect(otherServers()).to.deep.equal([]);
  });
});

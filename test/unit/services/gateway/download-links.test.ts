import { expect } from 'chai';
import { OutputLinks } from '../../../../services/gateway/links/output-links.ts';
import { createLogger } from '../../../../shared/runtime/logging.ts';
import { configuredKeys } from '../../../../shared/runtime/signing-keys.ts';
import { systemClock } from '../../../../shared/runtime/system-clock.ts';
import { outputList } from '../../../../shared/schema/job-responses.ts';
import { GatewayFixture, SIGNING } from './gateway-fixture.ts';

const FILES = [
  { name: 'Bericht Größe.pdf', mediaType: 'application/pdf', content: '0123456789', audience: 'user' },
  { name: 'other.csv', mediaType: 'text/csv', content: 'other', audience: 'user' },
  { name: 'internal.json', mediaType: 'application/json', content: '{}', audience: 'internal' },
] as const;
const HOUR_MS = 3_600_000;

describe('a signed download link, where the API asks for keys', () => {
  const lines: string[] = [];
  const logger = createLogger({ service: 'gateway', level: 'debug', stream: { write: (line) => void lines.push(line) } });
  let gateway: GatewayFixture;
  let key: string;
  let id: string;
  let links: readonly { readonly href: string; readonly expires_at: string }[];

  beforeEach(async () => {
    gateway = await new GatewayFixture({ auth: 'keys', logger }).start();
    key = await gateway.key();
    id = await gateway.submit({}, { authorization: `Bearer ${key}` });
    for (const files of [[], FILES]) {
      await gateway.claim(id);
      await gateway.commit(id, files);
    }
    links = await listed();
  });
  afterEach(() => gateway.stop());

  async function listed() {
    const answer = await gateway.get(`/v1/jobs/${id}/outputs`, { authorization: `Bearer ${key}` });
    return outputList.parse(await answer.json()).outputs.map(({ download }) => download!);
  }

  const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code?: string }).code];

  it('opens its file without a key, whole, in ranges, by HEAD, and with its entity tag', async () => {
    const { href, expires_at } = links[0]!;
    const whole = await gateway.get(href);

    expect([whole.status, await whole.text()]).to.deep.equal([200, '0123456789']);
    expect(whole.headers.get('content-disposition')).to.contain("filename*=UTF-8''Bericht%20Gr%C3%B6%C3%9Fe.pdf");
    const part = await gateway.get(href, { range: 'bytes=2-4' });
    expect([part.status, await part.text()]).to.deep.equal([206, '234']);
    const head = await fetch(gateway.url(href), { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).to.deep.equal([200, '10']);
    expect((await gateway.get(href, { 'if-none-match': whole.headers.get('etag')! })).status).to.equal(304);
    expect(new Date(expires_at).getTime()).to.be.closeTo(Date.now() + HOUR_MS, 5_000);
    expect(links).to.have.length(2);
  });

  it('is for GET and HEAD alone', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await fetch(gateway.url(links[0]!.href), { method });
      expect([answer.status, answer.headers.get('allow')], method).to.deep.equal([405, 'HEAD, GET, OPTIONS']);
    }
  });

  it('that was changed anywhere is 403', async () => {
    const { href } = links[0]!;
    const other = await gateway.submitAs('other');
    const changed = [
      href.replace(id, other),
      href.replace(id, systemClock.uuid()),
      href.replace(id, 'x'),
      href.replace(/downloads\/[^?]+/, `downloads/${id}/other.csv`),
      href.replace(/downloads\/[^?]+/, `downloads/${id}/internal.json`),
      href.replace('stage=p2', 'stage=p1'),
      href.replace(/expires=(\d+)/, (_, at: string) => `expires=${Number(at) + 1}`),
      href.replace(/expires=\d+/, 'expires=99999999999'),
      href.replace(/expires=\d+/, 'expires=1e12'),
      href.replace(/expires=(\d+)/, 'expires=0$1'),
      href.replace('kid=new', 'kid=old'),
      href.replace('kid=new', 'kid=none'),
      href.replace(/signature=(.)/, (_, first: string) => `signature=${first === 'A' ? 'B' : 'A'}`),
      href.replace(/(.)$/, (_, last: string) => String.fromCharCode(last.charCodeAt(0) + 1)),
      href.replace(/signature=.*/, 'signature='),
      href.replace(/&signature=.*/, ''),
      href.replace(/\?.*/, ''),
      `${href}A`,
      href.replace(/signature=.*/, `signature=${links[1]!.href.split('signature=')[1]}`),
    ];

    for (const link of changed) expect(await codeOf(await gateway.get(link)), link).to.deep.equal([403, 'invalid_link']);
  });

  it('is 403 with a code of its own once it has expired, and a new list has new links', async () => {
    gateway.linkClock.advance(HOUR_MS + 1_000);

    expect(await codeOf(await gateway.get(links[0]!.href))).to.deep.equal([403, 'link_expired']);
    expect((await gateway.get((await listed())[0]!.href)).status).to.equal(200);
  });

  it('opens with a key that signs no more but is still taken, not with one that is gone', async () => {
    const [, old = ''] = SIGNING.split(',');
    const output = { tenant: 'default', jobId: id, stage: 'p2', name: 'other.csv' };
    const linkBy = async (keys: string) =>
      (await new OutputLinks({ keys: configuredKeys(keys), clock: systemClock, ttlMinutes: 1 }).make(output)).href;

    expect((await gateway.get(await linkBy(old))).status).to.equal(200);
    expect((await gateway.get(await linkBy(`older:${'x'.repeat(40)}`))).status).to.equal(403);
    expect((await gateway.get(await linkBy(`old:${'x'.repeat(40)}`))).status).to.equal(403);
  });

  it("lives no longer than its job, and is void for another tenant's", async () => {
    const maker = new OutputLinks({ keys: configuredKeys(SIGNING), clock: systemClock, ttlMinutes: 60 });
    const soon = new Date(Date.now() + 10_000);
    const output = { tenant: 'default', jobId: id, stage: 'p2', name: 'other.csv' };

    expect((await maker.make(output, soon)).expireAt.getTime()).to.be.within(soon.getTime() - 1_000, soon.getTime());
    expect((await gateway.get((await maker.make({ ...output, tenant: 'acme' })).href)).status).to.equal(403);
  });

  it('stands in no line of the log, nor does what it was signed with', async () => {
    const signature = links[0]!.href.split('signature=')[1]!;
    await gateway.get(links[0]!.href);
    await gateway.get(`${links[0]!.href}A`);
    gateway.mishaps.surprise = new Error(`a fault that quotes ${links[0]!.href}`);
    expect((await gateway.get(links[0]!.href)).status).to.equal(500);

    expect(lines.join('')).to.contain('request failed').and.to.contain('signature=***');
    expect(lines.join('')).not.to.contain(signature);
    for (const secret of ['n'.repeat(40), 'o'.repeat(40)]) expect(lines.join('')).not.to.contain(secret);
  });
});

import { expect } from 'chai';
import { GatewayFixture } from './gateway-fixture.ts';

describe('GET /docs', () => {
  let gateway: GatewayFixture;
  before(async () => {
    gateway = await new GatewayFixture({ auth: 'keys' }).start();
  });
  after(() => gateway.stop());

  it('the page: names no other server, and its policy lets none but this one in', async () => {
    const answer = await gateway.get('/docs');
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('content-type')).to.equal('text/html; charset=utf-8');
    const page = await answer.text();
    expect(page).not.to.match(/https?:|\/\//);
    const policy = answer.headers.get('content-security-policy')!;
    expect(policy).to.contain("default-src 'none'").and.to.contain("script-src 'self'").and.not.to.contain('unsafe');
  });

  it('each file that it asks for: is served with its type, zipped where that is taken', async () => {
    const page = await (await gateway.get('/docs')).text();
    const files = [...page.matchAll(/(?:href|src)="(docs\/[^"]+)"/g)].map(([, path]) => `/${path}`);
    expect(files).to.have.length(4);
    for (const path of files) {
      const answer = await gateway.get(path, { 'accept-encoding': 'gzip' });
      expect(answer.status, path).to.equal(200);
      expect(answer.headers.get('content-encoding'), path).to.equal('gzip');
      expect(answer.headers.get('content-type'), path).to.match(/^(text\/(css|javascript); charset=utf-8|image\/png)$/);
      expect((await answer.arrayBuffer()).byteLength, path).to.be.above(100);
      const plain = await gateway.get(path, { 'accept-encoding': 'identity' });
      expect(plain.headers.get('content-encoding'), path).to.equal(null);
    }
  });

  it('asked for again with its entity tag: 304', async () => {
    for (const path of ['/docs', '/docs/swagger-ui-bundle.js']) {
      const tag = (await gateway.get(path)).headers.get('etag')!;
      const again = await gateway.get(path, { 'if-none-match': tag });
      expect(again.status, path).to.equal(304);
      expect(again.headers.get('cache-control'), path).to.contain('max-age=300');
    }
  });

  for (const name of ['package.json', '..%2fpackage.json', 'swagger-ui-bundle.js.map', '__proto__']) {
    it(`a file that is not the page's (${name}): 404`, async () => {
      expect((await gateway.get(`/docs/${name}`)).status).to.equal(404);
    });
  }

  it('a client that takes no HTML: 406', async () => {
    expect((await gateway.get('/docs', { accept: 'application/json' })).status).to.equal(406);
  });
});

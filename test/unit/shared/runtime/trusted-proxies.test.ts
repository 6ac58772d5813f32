import { expect } from 'chai';
import { type ProxyHeader, TrustedProxies } from '../../../../shared/runtime/trusted-proxies.ts';

const TRUSTED = ['10.0.0.0/8', '192.0.2.7', 'fd00::/8'];

function clientOf(
  remoteAddress: string | undefined,
  headers: Record<string, string | string[]>,
  proxyHeader: ProxyHeader = 'x-forwarded-for',
) {
  return new TrustedProxies({ trustedProxies: TRUSTED, proxyHeader }).of({ socket: { remoteAddress }, headers });
}

describe('TrustedProxies', () => {
  const X_FORWARDED_FOR: readonly [string, string, string | undefined, string][] = [
    ['a proxy without the header, is the client', '10.1.1.1', undefined, '10.1.1.1'],
    ['a proxy, names the client', '10.1.1.1', '203.0.113.5', '203.0.113.5'],
    ['somebody else who names another, is the client', '203.0.113.9', '127.0.0.1', '203.0.113.9'],
    ['what the client made up, stands left of what the proxy wrote', '10.1.1.1', '127.0.0.1, 10.9.9.9, 203.0.113.5', '203.0.113.5'],
    ['two proxies, are both gone through', '10.1.1.1', '203.0.113.5, 192.0.2.7', '203.0.113.5'],
    ['nobody but proxies, the one farthest away', '10.1.1.1', '10.3.3.3, 10.2.2.2', '10.3.3.3'],
    ['a port, is left out', '10.1.1.1', '203.0.113.5:4711', '203.0.113.5'],
    ['IPv6 in brackets with a port', 'fd00::1', '[2001:db8::5]:4711', '2001:db8::5'],
    ['IPv6 bare', 'fd00::1', '2001:db8::5', '2001:db8::5'],
    ['IPv4 in the form of IPv6, on both sides', '::ffff:10.1.1.1', '::ffff:203.0.113.5', '203.0.113.5'],
    ['no address, is not gone past: what stands left of it may be a lie', '10.1.1.1', '203.0.113.5, unknown', '10.1.1.1'],
    ['nonsense', '10.1.1.1', '"; DROP, 1.2.3, 256.1.1.1', '10.1.1.1'],
    ['empty', '10.1.1.1', '', '10.1.1.1'],
    ['an address of the same digits but outside of the range', '11.0.0.1', '203.0.113.5', '11.0.0.1'],
  ];
  for (const [name, socket, header, client] of X_FORWARDED_FOR)
    it(`X-Forwarded-For: ${name}`, () => {
      expect(clientOf(socket, header === undefined ? {} : { 'x-forwarded-for': header })).to.equal(client);
    });

  const FORWARDED: readonly [string, string, string][] = [
    ['one element', 'for=203.0.113.5', '203.0.113.5'],
    ['more parameters, in any case and order', 'proto=https;For="203.0.113.5:80";by=10.1.1.1', '203.0.113.5'],
    ['IPv6, which must be quoted', 'for="[2001:db8::5]:4711"', '2001:db8::5'],
    ['two elements, from the right', 'for=127.0.0.1, for=203.0.113.5;host=x, for=10.2.2.2', '203.0.113.5'],
    ['a comma and a semicolon in quotes, divide nothing', 'for=203.0.113.5;host="a, for=127.0.0.1;b"', '203.0.113.5'],
    ['a quoted parameter that looks like one', 'host="x;for=127.0.0.1";for=203.0.113.5', '203.0.113.5'],
    ['hidden', 'for=127.0.0.1, for=_hidden', '10.1.1.1'],
    ['no for', 'for=127.0.0.1, proto=https', '10.1.1.1'],
  ];
  for (const [name, header, client] of FORWARDED)
    it(`Forwarded: ${name}`, () => {
      expect(clientOf('10.1.1.1', { forwarded: header }, 'forwarded')).to.equal(client);
    });

  it('the header that the proxies do not write, is never read: a client may have made it up', () => {
    const both = { 'x-forwarded-for': '203.0.113.5', forwarded: 'for=127.0.0.1' };
    expect(clientOf('10.1.1.1', both)).to.equal('203.0.113.5');
    expect(clientOf('10.1.1.1', both, 'forwarded')).to.equal('127.0.0.1');
    expect(clientOf('10.1.1.1', { forwarded: 'for=127.0.0.1' })).to.equal('10.1.1.1');
  });

  it('several header lines, are one list', () => {
    expect(clientOf('10.1.1.1', { 'x-forwarded-for': ['127.0.0.1', '203.0.113.5'] })).to.equal('203.0.113.5');
  });

  it('without trusted proxies, and without a connection: nothing is believed', () => {
    const none = new TrustedProxies({ trustedProxies: [], proxyHeader: 'x-forwarded-for' });
    expect(none.of({ socket: { remoteAddress: '10.1.1.1' }, headers: { 'x-forwarded-for': '1.2.3.4' } })).to.equal('10.1.1.1');
    expect(clientOf(undefined, { 'x-forwarded-for': '1.2.3.4' })).to.equal('');
  });

  it('a chain of thousands of proxies, ends after 32', () => {
    const chain = Array.from({ length: 5_000 }, (_, at) => `10.0.${at >> 8}.${at & 255}`).join(',');
    expect(clientOf('10.1.1.1', { 'x-forwarded-for': `203.0.113.5,${chain}` })).to.equal('10.0.19.104');
  });

  it('one client: an IPv4 address, or the /64 of an IPv6 address', () => {
    const none = new TrustedProxies({ trustedProxies: [], proxyHeader: 'x-forwarded-for' });
    expect(none.groupOf('203.0.113.5')).to.equal('203.0.113.5');
    expect(none.groupOf('::ffff:203.0.113.5')).to.equal('203.0.113.5');
    expect(none.groupOf('2001:db8:1:2:3:4:5:6')).to.equal('2001:0db8:0001:0002::/64');
    expect(none.groupOf('2001:db8:1:2::9')).to.equal(none.groupOf('2001:db8:1:2:3:4:5:6'));
    expect(none.groupOf('2001:db8:1:3::9')).not.to.equal(none.groupOf('2001:db8:1:2::9'));
    expect(none.groupOf('')).to.equal('');
  });
});

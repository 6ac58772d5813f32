import { expect } from 'chai';
import { forbiddenRange } from '../../../../../shared/runtime/outgoing/forbidden-ranges.ts';
import { UrlPolicy, type UrlPolicySettings } from '../../../../../shared/runtime/outgoing/url-policy.ts';

const STRICT: UrlPolicySettings = { allowHttp: true, ports: [[1, 65_535]], allowHosts: [] };
const strict = new UrlPolicy(STRICT);

/** Every range of RELIABILITY.md section 5: first, last and one between where that says more. */
const FORBIDDEN = [
  ...['0.0.0.0', '0.255.255.255', '10.0.0.0', '10.255.255.255', '100.64.0.0', '100.127.255.255', '100.100.100.200'],
  ...['127.0.0.0', '127.0.0.1', '127.255.255.255', '169.254.0.0', '169.254.169.254', '169.254.170.2', '169.254.255.255', '168.63.129.16'],
  ...[
    '172.16.0.0',
    '172.31.255.255',
    '192.0.0.0',
    '192.0.0.192',
    '192.0.0.255',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.0.0',
    '192.168.255.255',
  ],
  ...['198.18.0.0', '198.19.255.255', '198.51.100.7', '203.0.113.7', '224.0.0.1', '239.255.255.255', '240.0.0.0', '255.255.255.255'],
  ...['::', '::1', '::2', '::127.0.0.1', '::8.8.8.8', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.1.2.3', '::ffff:169.254.169.254'],
  ...['::ffff:0:127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::10.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::1', '64:ff9b:1:ffff::8.8.8.8'],
  ...[
    '100::1',
    '2001::1',
    '2001:0:7f00:1::',
    '2001:10::1',
    '2001:20::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:0a00:0001::1',
    '2002:808:808::',
  ],
  ...[
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd00:ec2::254',
    'fdff::1',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'fec0::1',
    'feff::1',
    'ff02::1',
    'ff0e::1',
  ],
];

const PUBLIC = [
  ...[
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
  ],
  ...['172.15.255.255', '172.32.0.0', '192.0.1.0', '192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0', '223.255.255.255'],
  ...['2606:4700::1111', '2a00:1450:4001::1', '2001:200::1', '2001:4860:4860::8888', '::ffff:8.8.8.8', '64:ff9b::808:808'],
];

/** Spellings that a URL parser, a resolver or a browser takes for an address of ours. */
const LOCAL_SPELLINGS = [
  ...[
    'http://127.0.0.1/',
    'http://127.1/',
    'http://127.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
  ],
  ...['http://017700000001/', 'http://0/', 'http://0.0.0.0/', 'http://127.0.0.1./', 'http://%31%32%37.0.0.1/', 'http://0x7f.0x0.0x0.0x1/'],
  ...[
    'http://[::1]/',
    'http://[::]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::127.0.0.1]/',
  ],
  ...['http://[64:ff9b::7f00:1]/', 'http://[2002:7f00:1::]/', 'http://[fe80::1]/', 'http://[fd00:ec2::254]/', 'http://[fe80::1%25eth0]/'],
  ...[
    'http://169.254.169.254/latest/meta-data/',
    'http://0xa9fea9fe/',
    'http://2852039166/',
    'http://168.63.129.16/',
    'http://100.100.100.200/',
  ],
  ...['http://10.0.0.1/', 'http://192.168.1.1/', 'http://172.20.0.1/', 'http://3232235777/', 'http://0300.0250.1.1/'],
  ...[
    'http://localhost/',
    'http://LOCALHOST/',
    'http://localhost./',
    'http://a.localhost/',
    'http://localhost.localdomain/',
    'http://router/',
  ],
  ...['http://printer.local/', 'http://metadata.google.internal/', 'http://metadata/', 'http://nas.home.arpa/', 'http://x.onion/'],
];

const MALFORMED = [
  ...[
    '',
    'hooks.example.com',
    '//hooks.example.com/',
    '/hook',
    'https:',
    'https://',
    'https:///x',
    'https:/hooks.example.com',
    'https:hooks.example.com',
  ],
  ...[
    'ftp://hooks.example.com/',
    'file:///etc/passwd',
    'gopher://hooks.example.com/',
    'javascript:alert(1)',
    'data:text/plain,x',
    'ws://hooks.example.com/',
  ],
  ...[
    'https://hooks.example.com/a b',
    ' https://hooks.example.com/',
    'https://hooks.example.com/\n',
    'https://hooks.example.com/\t',
    'https://hooks\t.example.com/',
  ],
  ...[
    'https://hooks.example.com\\@127.0.0.1/',
    'https:\\\\hooks.example.com/',
    'https://１２７.0.0.1/',
    'https://hooks。example.com/',
    'https://ⓛocalhost/',
  ],
  ...[
    'https://user@hooks.example.com/',
    'https://user:password@hooks.example.com/',
    'https://@hooks.example.com/',
    'https://:@hooks.example.com/',
  ],
  ...[
    'https://hooks.example.com#@127.0.0.1/',
    'https://hooks.example.com/#fragment',
    'https://hooks.example.com:0x50/',
    'https://hooks.example.com:70000/',
  ],
  ...[
    'https://-a.example.com/',
    'https://a..example.com/',
    'https://[::1',
    'https://256.1.1.1/',
    'https://1.2.3.4.5/',
    'https://hooks.example.com:0/',
  ],
  `https://hooks.example.com/${'a'.repeat(2_048)}`,
];

describe('the policy for URLs that users give', () => {
  for (const address of FORBIDDEN) {
    it(`takes ${address} for an address that is not public`, () => expect(forbiddenRange(address)).to.be.a('string'));
  }

  for (const address of PUBLIC) {
    it(`takes ${address} for public`, () => expect(forbiddenRange(address)).to.equal(undefined));
  }

  for (const url of LOCAL_SPELLINGS) {
    it(`refuses ${url}`, () => expect(strict.refusalOf(url)).to.match(/^must /));
  }

  for (const url of MALFORMED) {
    it(`refuses ${JSON.stringify(url.slice(0, 60))}, which is no URL of a public host`, () =>
      expect(strict.refusalOf(url)).to.match(/^must /));
  }

  it('takes URLs of public hosts', () => {
    const urls = [
      'https://hooks.example.com',
      'http://hooks.example.com:8080/a?b=c',
      'HTTPS://Hooks.Example.com./x',
      'https://8.8.8.8/',
      'https://[2606:4700::1111]/',
    ];

    expect(urls.map((url) => strict.refusalOf(url))).to.deep.equal(urls.map(() => undefined));
    expect(strict.targetOf('HTTPS://Hooks.Example.com./x')).to.include({ host: 'hooks.example.com', port: 443 });
  });

  it('takes https and its port alone unless it is told otherwise', () => {
    const policy = new UrlPolicy({
      allowHttp: false,
      ports: [
        [443, 443],
        [8000, 8999],
      ],
      allowHosts: [],
    });

    expect(policy.refusalOf('http://hooks.example.com:443/')).to.equal('must be https');
    expect(policy.refusalOf('https://hooks.example.com:22/')).to.equal('must not name the port 22');
    expect(policy.refusalOf('https://hooks.example.com:8443/')).to.equal(undefined);
  });

  it('lets pass what the operator allows by name, address or range, and nothing beside it', () => {
    const policy = new UrlPolicy({ ...STRICT, allowHosts: ['hooks.internal', '10.1.0.0/16', '127.0.0.1', 'fd12::/16'] });
    const allowed = ['http://hooks.internal/', 'http://10.1.255.255/', 'http://127.1/', 'http://[fd12::7]/'];
    const others = [
      'http://other.internal/',
      'http://a.hooks.internal/',
      'http://10.2.0.0/',
      'http://127.0.0.2/',
      'http://[fd13::7]/',
      'http://localhost/',
    ];

    expect(allowed.map((url) => policy.refusalOf(url))).to.deep.equal(allowed.map(() => undefined));
    for (const url of others) expect(policy.refusalOf(url), url).to.match(/^must /);
    expect(policy.addressRefusal('hooks.internal', '192.168.0.7')).to.equal(undefined);
    expect(policy.addressRefusal('hooks.example.com', '192.168.0.7')).to.equal('private');
    expect(policy.addressRefusal('hooks.example.com', '10.1.0.7')).to.equal(undefined);
  });
});

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DemoApi } from '../../../../deploy/local/demo-api.ts';
import { parseDemoOptions } from '../../../../deploy/local/demo-options.ts';
import { ProgressView } from '../../../../deploy/local/progress-view.ts';
import { reportOptions } from '../../../../shared/schema/report.ts';

async function messageOf(action: Promise<unknown>): Promise<string> {
  return action.then(
    () => '',
    (error: Error) => error.message,
  );
}

describe('Options of the demo', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'demo-'));
    writeFileSync(join(folder, 'my.csv'), 'a\n1\n');
    writeFileSync(join(folder, 'empty.csv'), '');
  });

  after(() => rmSync(folder, { recursive: true }));

  it('without arguments name a dataset that is there, and a report that the API takes', () => {
    const { input, report } = parseDemoOptions([], folder);
    const [header] = readFileSync(input, 'utf8').split(/\r?\n/);
    expect(reportOptions.safeParse(report).success).to.equal(true);
    expect(header!.split(',')).to.include.members(['Phase of flight', 'Cost Total $', 'Speed IAS in knots']);
  });

  it("with the user's file see its path from the user's folder, and ask for nothing about columns", () => {
    expect(parseDemoOptions(['--input', 'my.csv', '--format', 'PDF,csv'], folder)).to.deep.equal({
      isHelp: false,
      input: join(folder, 'my.csv'),
      report: { formats: ['pdf', 'csv'] },
    });
  });

  it('that cannot work are refused before anything is started', () => {
    const parse =
      (...args: string[]) =>
      () =>
        parseDemoOptions(args, folder);
    expect(parse('--input', 'nix.csv')).to.throw('there is no such file');
    expect(parse('--input', '.')).to.throw('not a file');
    expect(parse('--input', 'empty.csv')).to.throw('is empty');
    expect(parse('--format', 'doc')).to.throw('"doc" is none of pdf, xlsx, html, csv');
    expect(parse('--inptu', 'x')).to.throw('Usage: npm run demo');
  });
});

describe('Client of the demo', () => {
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let api: DemoApi;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'demo-'));
    server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    api = new DemoApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });

  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  it('that is answered 503 uploads the whole file again after the time asked for', async () => {
    const file = join(folder, 'my.csv');
    writeFileSync(file, 'a\n'.repeat(100_000));
    const bodies: number[] = [];
    answer = async (request, response) => {
      let bytes = 0;
      for await (const chunk of request) bytes += (chunk as Buffer).length;
      bodies.push(bytes);
      response.statusCode = bodies.length === 1 ? 503 : 201;
      response.setHeader('retry-after', '1');
      response.end('{"upload_id":"u1"}');
    };
    expect(await api.upload(file)).to.equal('u1');
    expect(bodies).to.deep.equal([200_000, 200_000]);
  });

  it('that is refused says what the API said, with each error', async () => {
    answer = (_request, response) => {
      response.statusCode = 422;
      response.end(
        JSON.stringify({ title: 'Invalid', detail: 'The body is wrong.', errors: [{ pointer: '/options/limit', detail: 'is too large' }] }),
      );
    };
    expect(await messageOf(api.submitReport('u1', {}))).to.equal('422: The body is wrong.\n  /options/limit is too large');
  });

  it('that gets a damaged file says so', async () => {
    const sha256 = createHash('sha256').update('whole').digest('hex');
    answer = (request, response) => {
      const outputs = [{ name: 'report.csv', size_bytes: 5, sha256, href: '/file' }];
      response.end(request.url === '/file' ? 'whale' : JSON.stringify({ outputs }));
    };
    expect(await messageOf(api.download('j1', folder))).to.equal('report.csv arrived damaged.');
  });
});

describe('Progress view', () => {
  it('outside a terminal writes one line for each change', () => {
    const written: string[] = [];
    const view = new ProgressView({ write: (text) => written.push(text) }, () => 0);
    for (const progress of [30, 30, 70]) view.show('PROCESS_1_RUNNING', progress);
    expect(written).to.deep.equal([' 30 %', ' 70 %'].map((text) => `   ${text.trimStart()}  PROCESS_1_RUNNING  0.0 s\n`));
  });

  it('in a terminal redraws a bar as long as the progress', () => {
    const written: string[] = [];
    new ProgressView({ isTTY: true, write: (text) => written.push(text) }, () => 0).show('PROCESS_2_RUNNING', 50);
    expect(written[0])
      .to.match(/^\r/)
      .and.include(`${'█'.repeat(15)}${'░'.repeat(15)}  50 %`);
  });
});

import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { problem as problemSchema } from '../../shared/schema/job-responses.ts';
import { RawConnection } from '../unit/services/gateway/raw-http.ts';
import { GatewayProcess, newTestServers, type TestServers } from './gateway-process.ts';
import { bytesWithKey, HOSTILE_REQUESTS } from './hostile-requests.ts';

const SECRET = 's'.repeat(43);
const KEY = `pk_${'f'.repeat(16)}_${SECRET}`;
const PEPPER = 'pepper-of-this-test-pepper-of-this-test';
/** Of all requests together; one holds a megabyte or three, and is let go. */
const MOST_GROWTH_MB = 250;

describe('a gateway process, given what no honest client sends', function () {
  this.timeout(60_000);
  let servers: TestServers;
  let gateway: GatewayProcess;
  let printed = '';
  let memoryMb: number;

  before(async () => {
    servers = await newTestServers();
    gateway = new GatewayProcess({
      MONGODB_URL: servers.mongodbUrl,
      RABBITMQ_URL: servers.rabbitmqUrl,
      RABBITMQ_MANAGEMENT_URL: servers.managementUrl,
      LOG_LEVEL: 'debug',
      JOBLINE_AUTH: 'keys',
      JOBLINE_KEY_PEPPER: PEPPER,
      JOBLINE_BOOTSTRAP_KEY: KEY,
    });
    gateway.child.stdout!.on('data', (chunk: Buffer) => {
      printed += chunk.toString('latin1');
    });
    await gateway.ready();
    memoryMb = gateway.peakMemoryMb();
  });
  after(async () => {
    await gateway?.end('SIGKILL');
    const client = await new MongoClient(servers.mongodbUrl).connect();
    await client.db().dropDatabase();
    await client.close();
    await servers.dropVhost();
  });

  for (const [kind, requests] of Object.entries(HOSTILE_REQUESTS))
    for (const request of requests)
      it(`${kind}: ${request.name}: ${request.status.join(' or ')} ${request.code ?? ''}`, async () => {
        const connection = new RawConnection(gateway.port);
        try {
          connection.socket.write(bytesWithKey(request, KEY));
          const { status, headers, body } = await connection.answer();
          expect(request.status, body).to.include(status);
          expect(JSON.stringify(headers)).not.to.contain('evil');
          if (status >= 400) {
            expect(headers['content-type']).to.equal('application/problem+json');
            const problem = problemSchema.parse(JSON.parse(body));
            expect(problem.status).to.equal(status);
            if (request.code !== undefined) expect(problem.code).to.equal(request.code);
            expect(body).not.to.match(/node_modules|\.[jt]s:\d|Mongo|at \w+ \(/);
          }
        } finally {
          connection.close();
        }
        expect((await gateway.get('/livez')).status).to.equal(200);
      });

  it('after all of it: no memory is held, and the log has each line whole, without control characters, and no secret', () => {
    expect(gateway.peakMemoryMb() - memoryMb).to.be.below(MOST_GROWTH_MB);
    expect(gateway.lines.filter(({ msg }) => msg === 'request refused')).to.have.length.above(100);
    expect(gateway.lines.filter(({ msg }) => msg === 'request failed' || msg === 'FORGED')).to.deep.equal([]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    expect(printed).not.to.match(/[\x00-\x09\x0b-\x1f\x7f]/);
    expect(printed).not.to.contain(SECRET);
    expect(printed).not.to.contain(PEPPER);
  });
});

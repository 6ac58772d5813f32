import { expect } from 'chai';
import { BatchClient, chunk, codes, expectProblem, lines, REPORT, resultsOf, statuses } from './batch-client.ts';

describe('POST /v1/jobs:batch, when not everything can be taken', () => {
  let client: BatchClient;
  beforeEach(async () => {
    client = await new BatchClient().start();
  });
  afterEach(() => client.stop());

  it('a backlog with room for some: these are accepted, the others 503 with the time to wait', async () => {
    await client.restart({ maxWaitingJobs: 2 });
    const answers = await client.results(lines(REPORT, { type: 'report' }, REPORT, REPORT, REPORT));
    expect(statuses(answers)).to.deep.equal([202, 422, 202, 503, 503]);
    expect(codes(answers).slice(3)).to.deep.equal(['overloaded', 'overloaded']);
    expect(answers[4]!.retry_after).to.be.within(1, 300);
  });

  for (const [form, request] of [
    ['NDJSON', () => client.send(lines(REPORT, REPORT))],
    ['JSON', () => client.gateway.post('/v1/jobs:batch', { jobs: [REPORT, REPORT] })],
  ] as const) {
    it(`${form} and a backlog that is full: 503 with Retry-After for the whole`, async () => {
      await client.restart({ maxWaitingJobs: 1 });
      await client.gateway.submit();
      const answer = await request();
      expect(Number(answer.headers.get('retry-after'))).to.be.within(1, 300);
      await expectProblem(answer, 503, 'overloaded');
    });

    it(`${form} with the database away: 503 with Retry-After for the whole, and service again once it is back`, async () => {
      client.gateway.mishaps.isAway = true;
      const answer = await request();
      expect(Number(answer.headers.get('retry-after'))).to.be.at.least(1);
      await expectProblem(answer, 503, 'store_unavailable');
      client.gateway.mishaps.isAway = false;
      await client.gateway.until(async () => (await request()).status === 200);
    });
  }

  it('a client that still sends when the whole is refused: gets the answer, before it has ended', async () => {
    client.gateway.mishaps.isAway = true;
    const connection = client.open().send(...chunk(lines(REPORT)));
    const { status, body } = await connection.answer();
    expect([status, JSON.parse(body).code]).to.deep.equal([503, 'store_unavailable']);
  });

  it('the database goes away in the middle: 503 for what comes then, 202 again once it is back', async () => {
    const connection = client.open();
    let sent = 0;
    const next = async () => {
      connection.send(...chunk(lines(REPORT)));
      const mark = `{"index":${sent},"status":`;
      sent += 1;
      await connection.until(() => connection.text.includes(mark));
      return Number(connection.text.slice(connection.text.indexOf(mark) + mark.length).slice(0, 3));
    };
    expect(await next()).to.equal(202);
    client.gateway.mishaps.isAway = true;
    expect(await next()).to.equal(503);
    expect(connection.text).to.contain('may be stored or not');
    client.gateway.mishaps.isAway = false;
    await client.gateway.until(async () => (await next()) === 202);
  });

  it('an error that nobody foresaw: 500 for each job without its message, logged once', async () => {
    client.gateway.mishaps.surprise = new Error('secret');
    const answer = await client.send(lines(REPORT, REPORT));
    client.gateway.mishaps.surprise = undefined;
    const text = await answer.text();
    expect(statuses(resultsOf(text))).to.deep.equal([500, 500]);
    expect(text).not.to.contain('secret');
    expect(client.gateway.log.filter(({ level }) => level === 'error').map(({ message }) => message)).to.deep.equal([
      'submitting a job of a batch failed',
    ]);
  });

  it('more batches at once than are received: 503, and room again when one has ended', async () => {
    const held = Array.from({ length: 16 }, () => client.open());
    for (const connection of held) connection.send(...chunk(lines(REPORT)));
    for (const connection of held) await connection.until(() => connection.text.includes('"status":202'));
    await expectProblem(await client.send(lines(REPORT)), 503, 'overloaded');
    held[0]!.close();
    await client.gateway.until(async () => (await client.send(lines(REPORT))).status === 200);
  });

  it('the client goes away in the middle: what was answered is accepted, the rest is not, and nothing is logged as a fault', async () => {
    const connection = client.open().send(...chunk(lines(REPORT, REPORT)));
    await connection.until(() => connection.text.includes('"index":1,"status":202'));
    connection.send('ffff', '{"type":');
    connection.close();
    await client.gateway.until(async () => client.gateway.api.inFlight === 0);
    expect(await client.gateway.jobCount()).to.equal(2);
    expect(client.gateway.log.filter(({ level }) => level === 'error')).to.deep.equal([]);
    expect(statuses(await client.results(lines(REPORT)))).to.deep.equal([202]);
  });

  it('the client goes away while the database is slow: nothing crashes, and the flush under way is stored', async () => {
    client.gateway.mishaps.isHanging = true;
    const connection = client.open().send(...chunk(lines(REPORT)));
    await client.gateway.until(async () => client.gateway.mishaps.hanging > 0);
    connection.close();
    await client.gateway.until(async () => client.gateway.api.inFlight === 0);
    client.gateway.mishaps.goOn();
    await client.gateway.until(async () => (await client.gateway.jobCount()) === 1);
    expect(client.gateway.log.filter(({ level }) => level === 'error')).to.deep.equal([]);
  });
});

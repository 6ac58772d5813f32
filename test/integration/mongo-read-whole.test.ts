import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { readWhole } from '../../shared/mongo/read-whole.ts';

interface Piece {
  readonly _id: string;
  readonly n: number;
  readonly text?: string;
}

const MIB = 1_048_576;

describe('readWhole, on a real server', function () {
  this.timeout(60_000);
  let client: MongoClient;
  const commands: string[] = [];
  const within = { signal: new AbortController().signal };

  before(async () => {
    const url = new URL(process.env['JOBLINE_TEST_MONGODB_URL'] ?? '');
    url.pathname = `jobline_whole_${randomBytes(6).toString('hex')}`;
    client = await new MongoClient(url.href, { monitorCommands: true }).connect();
    client.on('commandStarted', ({ commandName }) => commands.push(commandName));
    const pieces = Array.from({ length: 40 }, (_, n): Piece => ({ _id: `id-${n}`, n, text: 'x'.repeat(MIB) }));
    await client.db().collection<Piece>('pieces').insertMany(pieces.slice(0, 20));
    await client.db().collection<Piece>('pieces').insertMany(pieces.slice(20));
  });

  beforeEach(() => commands.splice(0));

  after(async () => {
    await client?.db().dropDatabase();
    await client?.close();
  });

  const read = async (ids: readonly string[], projection: object) => {
    const found = await readWhole<Piece>(client.db(), 'pieces', { ids, projection }, within);
    return [...found].sort((a, b) => a.n - b.n);
  };
  const all = Array.from({ length: 40 }, (_, n) => `id-${n}`);

  it('some of the ids are there: those, with what was asked for, by one command', async () => {
    expect(await read(['id-3', 'none', 'id-1'], { n: 1 })).to.deep.equal([
      { _id: 'id-1', n: 1 },
      { _id: 'id-3', n: 3 },
    ]);
    expect(commands).to.deep.equal(['find']);
  });

  it('more than the 101 that a server sends by itself, or none: in one answer', async () => {
    const ids = [...all, ...Array.from({ length: 200 }, (_, n) => `more-${n}`)];
    await client
      .db()
      .collection<Piece>('pieces')
      .insertMany(ids.slice(40).map((_id, n) => ({ _id, n: 100 + n })));
    commands.splice(0);
    expect(await read(ids, { n: 1 })).to.have.length(240);
    expect(await read(['none'], { n: 1 })).to.deep.equal([]);
    expect(commands).to.deep.equal(['find', 'find']);
  });

  it('more than an answer can hold: all of them, none twice', async () => {
    const found = await read(all, { n: 1, text: 1 });
    expect(found.map(({ n }) => n)).to.deep.equal(Array.from({ length: 40 }, (_, n) => n));
    expect(found.every(({ text }) => text!.length === MIB)).to.equal(true);
    expect(commands.filter((name) => name === 'find').length).to.be.above(1);
    expect(commands).not.to.include('getMore');
  });

  it('a signal that aborts: ends the call', async () => {
    const controller = new AbortController();
    const reading = readWhole(client.db(), 'pieces', { ids: all, projection: { text: 1 } }, controller);
    controller.abort(new Error('enough'));
    expect(await reading.catch((error: Error) => error.message)).to.equal('enough');
  });
});

import { expect } from 'chai';
import { letterFigures } from '../../../../shared/jobs/letter-figures.ts';
import { noteRegressions } from '../../../../shared/jobs/note-regressions.ts';
import { EngineWorld, reject } from '../../../support/engine-world.ts';
import { MemoryDeadLetters } from '../../../support/memory-dead-letters.ts';
import { MemoryLetterGroups } from '../../../support/memory-letter-groups.ts';

describe('groups of dead letters that were marked', () => {
  let world: EngineWorld;
  let letterGroups: MemoryLetterGroups;
  let deadLetters: MemoryDeadLetters;
  beforeEach(() => {
    world = new EngineWorld();
    letterGroups = new MemoryLetterGroups(world);
    deadLetters = new MemoryDeadLetters(world.store);
    world.script = () => reject;
  });

  async function dead(): Promise<string> {
    const id = await world.submit();
    await world.clock.advanceUntil('it has failed', () => world.state(id) === 'FAILED', 120_000);
    await world.clock.advance(1_000);
    return id;
  }
  const note = () => noteRegressions({ letterGroups, deadLetters, logger: world.deps.logger });
  async function cause() {
    const { type, stage, fingerprint } = (await deadLetters.groups({}, 1))[0]!;
    return { type, stage, fingerprint: fingerprint! };
  }

  it('resolved, and failed again: noted once, with the first failure since; it stays so when its letters are replayed', async () => {
    await world.worker();
    await dead();
    const group = await cause();
    await letterGroups.change(group, { by: 'me', event: 'resolved' });
    expect(await note(), 'nothing since').to.equal(0);
    await world.clock.advance(1_000);
    const again = await dead();
    await dead();
    expect([await note(), await note()]).to.deep.equal([1, 0]);
    const mark = (await letterGroups.read(group))!;
    expect(mark.regressedAt).to.deep.equal(world.record(again).doneAt);
    world.store.all().forEach(({ id }) => void world.patch(id, { state: 'COMPLETED' }));
    expect(await letterFigures({ letterGroups, deadLetters, clock: world.clock })).to.deep.include({ regressions: 1 });
  });

  it('ignored: its letters are counted by stage while it is, and not after', async () => {
    await world.worker();
    await dead();
    await dead();
    const until = new Date(world.clock.now().getTime() + 60_000);
    await letterGroups.change(await cause(), { by: 'me', event: 'ignored', until });
    const figures = () => letterFigures({ letterGroups, deadLetters, clock: world.clock });
    expect([...(await figures()).ignored]).to.deep.equal([[0, 2]]);
    await world.clock.advance(61_000);
    expect([...(await figures()).ignored]).to.deep.equal([]);
  });
});

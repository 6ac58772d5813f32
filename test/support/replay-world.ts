import { EngineWorld, reject } from './engine-world.ts';
import { MemoryDeadLetters } from './memory-dead-letters.ts';
import { MemoryLeaseStore } from './memory-lease-store.ts';
import { MemoryReplayOperations } from './memory-replay-operations.ts';

/** An engine world with what carries out replays of many. */
export class ReplayWorld extends EngineWorld {
  readonly replays = new MemoryReplayOperations(this);

  /** Of what carries out replays and their undos. Nothing is deleted in replays. */
  readonly runnerDeps = {
    ...this.deps,
    leases: new MemoryLeaseStore(this),
    replays: this.replays,
    deadLetters: new MemoryDeadLetters(this.store),
    replayer: this.replayer,
    owner: 's1',
    remove: async () => false,
  };

  /** Jobs that have failed for good, and the worker that they failed at. */
  async dead(count: number) {
    this.script = () => reject;
    const worker = await this.worker({ slots: 50 });
    const ids = await Promise.all(Array.from({ length: count }, () => this.submit()));
    await this.clock.advanceUntil('all have failed', () => ids.every((id) => this.state(id) === 'FAILED'), 120_000);
    await this.clock.advance(1_000);
    return { ids, worker };
  }
}

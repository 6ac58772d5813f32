import { systemClock } from '../../shared/runtime/system-clock.ts';
import { MemoryBroker } from '../support/memory-broker.ts';
import { MemoryMessageBus } from '../support/memory-message-bus.ts';
import { messageBusContract } from './message-bus.contract.ts';

for (const mode of ['per-stage', 'single'] as const) {
  messageBusContract('MemoryMessageBus', mode, async () => {
    const broker = new MemoryBroker({ mode, stageNames: ['p1', 'p2'] });
    const buses: MemoryMessageBus[] = [];
    return {
      bus: async () => {
        const bus = new MemoryMessageBus({ broker, clock: systemClock });
        buses.push(bus);
        return bus;
      },
      inject: async (queue, body) => broker.inject(queue, body),
      dispose: async () => {
        await Promise.all(buses.map((bus) => bus.stop()));
      },
    };
  });
}

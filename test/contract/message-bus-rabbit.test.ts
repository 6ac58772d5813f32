import { busOn, newVhostWithTopology, putByHand } from '../support/rabbit.ts';
import { messageBusContract } from './message-bus.contract.ts';

for (const mode of ['per-stage', 'single'] as const) {
  messageBusContract('RabbitMessageBus', mode, async () => {
    const vhost = await newVhostWithTopology(mode);
    const buses: ReturnType<typeof busOn>[] = [];
    return {
      bus: async () => {
        const bus = busOn(vhost, { mode });
        buses.push(bus);
        await bus.start();
        return bus;
      },
      inject: (queue, body) => putByHand(vhost, queue, body),
      dispose: async () => {
        await Promise.all(buses.map((bus) => bus.stop()));
        await vhost.drop();
      },
    };
  });
}

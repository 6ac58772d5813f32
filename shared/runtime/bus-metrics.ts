import type { ProcessMetrics } from './metrics.ts';

/** What a message bus counts (shared/rabbit/bus-stats.ts), as far as it is shown. */
export interface BusFigures {
  readonly confirmed: number;
  readonly returned: number;
  readonly refused: number;
  readonly unknown: number;
  readonly inFlight: number;
  readonly inFlightMax: number;
  readonly waiting: number;
  readonly deliveries: number;
  readonly redeliveries: number;
  readonly acked: number;
  readonly lateAcks: number;
  readonly malformed: number;
  readonly reconnects: number;
  readonly channelRebuilds: number;
}

/** The bus of a process. */
export interface MeteredBus {
  stats(): BusFigures;
  canPublish(): boolean;
}

/** Shows what the process publishes and is delivered. */
export function addBusMetrics(metrics: ProcessMetrics, bus: MeteredBus): void {
  metrics.read('jobline_bus_up', () => (bus.canPublish() ? 1 : 0));
  metrics.readEach('jobline_bus_publishes_total', 'outcome', {
    confirmed: () => bus.stats().confirmed,
    returned: () => bus.stats().returned,
    refused: () => bus.stats().refused,
    unknown: () => bus.stats().unknown,
  });
  metrics.read('jobline_bus_publishes_in_flight', () => bus.stats().inFlight);
  metrics.read('jobline_bus_publishes_in_flight_limit', () => bus.stats().inFlightMax);
  metrics.read('jobline_bus_publishes_waiting', () => bus.stats().waiting);
  metrics.readEach('jobline_bus_deliveries_total', 'redelivered', {
    false: () => bus.stats().deliveries - bus.stats().redeliveries,
    true: () => bus.stats().redeliveries,
  });
  metrics.read('jobline_bus_acks_total', () => bus.stats().acked);
  metrics.read('jobline_bus_late_acks_total', () => bus.stats().lateAcks);
  metrics.read('jobline_bus_malformed_total', () => bus.stats().malformed);
  metrics.read('jobline_bus_reconnects_total', () => bus.stats().reconnects);
  metrics.read('jobline_bus_channel_rebuilds_total', () => bus.stats().channelRebuilds);
}

import type { ClientAddresses } from '../../../shared/ports/client-addresses.ts';
import { Cap } from './cap.ts';
import { RequestsInFlight } from './requests-in-flight.ts';

export interface GatewayBoundsLimits {
  /** Requests of one API key, or without keys of one address, at the same time. */
  readonly maxInFlightPerClient: number;
  /** Uploads received at the same time. */
  readonly maxOpenUploads: number;
  /** Batches received at the same time: each holds up to some 15 MiB while its client does not read. */
  readonly maxOpenBatches: number;
}

/** What is under way in a gateway, with its caps. */
export class GatewayBounds {
  readonly addresses: ClientAddresses;
  readonly flights: RequestsInFlight;
  readonly uploads: Cap;
  readonly batches: Cap;

  constructor(limits: GatewayBoundsLimits, addresses: ClientAddresses) {
    this.addresses = addresses;
    this.flights = new RequestsInFlight(limits.maxInFlightPerClient, addresses);
    this.uploads = new Cap(limits.maxOpenUploads);
    this.batches = new Cap(limits.maxOpenBatches);
  }
}

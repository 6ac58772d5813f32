/** What a message bus has done since it was made. Counters only rise. */
export interface BusCounters {
  /** Messages handed to the broker. */
  published: number;
  confirmed: number;
  returned: number;
  refused: number;
  unknown: number;
  /** Confirms that came after their publish had been answered `unknown`. */
  lateConfirms: number;
  deliveries: number;
  redeliveries: number;
  acked: number;
  /** Frames that carried those acknowledgements. */
  ackFrames: number;
  /** Acknowledgements after their channel was gone: these messages are delivered again. */
  lateAcks: number;
  malformed: number;
  reconnects: number;
  /** Channels opened again, for whatever reason. */
  channelRebuilds: number;
}

export interface BusStats extends Readonly<BusCounters> {
  /** Published and not answered yet, now. */
  readonly inFlight: number;
  /** Bound of `inFlight`. */
  readonly inFlightMax: number;
  /** Waiting for room in flight, now. */
  readonly waiting: number;
}

export function newBusCounters(): BusCounters {
  return {
    published: 0,
    confirmed: 0,
    returned: 0,
    refused: 0,
    unknown: 0,
    lateConfirms: 0,
    deliveries: 0,
    redeliveries: 0,
    acked: 0,
    ackFrames: 0,
    lateAcks: 0,
    malformed: 0,
    reconnects: 0,
    channelRebuilds: 0,
  };
}

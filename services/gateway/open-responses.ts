import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A stream that is piped into a response adds half a dozen of its own to those of listener and app. */
const MOST_LISTENERS = 20;

/**
 * Responses that are not sent yet. Of requests that a client pipelines, node:http lets one response at a time have the connection,
 * and tells that one alone when the connection is gone: the others are told here, or whatever waits for their `close` would for ever.
 */
export class OpenResponses {
  readonly #all = new Set<ServerResponse>();
  readonly #bySocket = new WeakMap<Socket, Set<ServerResponse>>();

  get size(): number {
    return this.#all.size;
  }

  /** Keeps it until its `close`. @param onClose called then. */
  add(socket: Socket, res: ServerResponse, onClose: () => void): void {
    const ofSocket = this.#bySocket.get(socket) ?? this.#watch(socket);
    res.setMaxListeners(MOST_LISTENERS);
    this.#all.add(res);
    ofSocket.add(res);
    res.once('close', () => {
      this.#all.delete(res);
      ofSocket.delete(res);
      onClose();
    });
  }

  [Symbol.iterator](): Iterator<ServerResponse> {
    return this.#all.values();
  }

  #watch(socket: Socket): Set<ServerResponse> {
    const ofSocket = new Set<ServerResponse>();
    this.#bySocket.set(socket, ofSocket);
    socket.once('close', () => {
      for (const res of ofSocket) {
        res.destroyed = true;
        res.emit('close');
      }
    });
    return ofSocket;
  }
}

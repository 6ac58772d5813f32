import { Readable } from 'node:stream';
import { StoreUnavailableError } from '../../../../shared/domain/failures.ts';
import type { OutputStore } from '../../../../shared/ports/output-store.ts';

/** What can go wrong with the stores behind a gateway, switched by a test. */
export class Mishaps {
  isAway = false;
  isHanging = false;
  /** Thrown by the next calls. */
  surprise: Error | undefined;
  /** Downloads break after so many bytes. */
  breakReadsAfter: number | undefined;
  readonly forgottenUploads = new Set<string>();
  /** Uploads that were stored whole. */
  storedUploads = 0;
  readonly #hung: { readonly goOn: () => void; readonly fail: (error: Error) => void }[] = [];

  /** Stands before each call of a store. */
  async pass(): Promise<void> {
    if (this.surprise) throw this.surprise;
    if (this.isAway) throw new StoreUnavailableError('away');
    if (this.isHanging) await new Promise<void>((goOn, fail) => this.#hung.push({ goOn, fail }));
  }

  /** Calls that hang now. */
  get hanging(): number {
    return this.#hung.length;
  }

  /** The store was only slow: the calls that hang go on. */
  goOn(): void {
    this.isHanging = false;
    for (const call of this.#hung.splice(0)) call.goOn();
  }

  /** Ends the calls that hang. */
  heal(): void {
    this.isAway = false;
    this.isHanging = false;
    for (const { fail } of this.#hung.splice(0)) fail(new StoreUnavailableError('away'));
  }
}

type Method = (...args: unknown[]) => unknown;

/** The store with the mishaps before each of its methods; `also` replaces single ones. */
export function unreliable<T extends object>(target: T, mishaps: Mishaps, also: Partial<T> = {}): T {
  return new Proxy(target, {
    get(_, name) {
      const method = (Reflect.get(also, name) ?? Reflect.get(target, name)) as unknown;
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        await mishaps.pass();
        return (method as Method).apply(target, args);
      };
    },
  });
}

/** An output store whose downloads break and whose uploads vanish when a test says so. */
export function unreliableOutputs(outputs: OutputStore, mishaps: Mishaps): OutputStore {
  return unreliable(outputs, mishaps, {
    async readFile(ref, range) {
      const { breakReadsAfter } = mishaps;
      if (breakReadsAfter === undefined) return outputs.readFile(ref, range);
      return Readable.from(
        (async function* () {
          yield Buffer.alloc(breakReadsAfter);
          throw new Error('broken on purpose');
        })(),
      );
    },
    async readUpload(id) {
      return mishaps.forgottenUploads.has(id) ? undefined : outputs.readUpload(id);
    },
    async createUpload(upload, content) {
      const stored = await outputs.createUpload(upload, content);
      mishaps.storedUploads += 1;
      return stored;
    },
  });
}

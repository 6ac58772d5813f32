import type { CallFault } from './plan.ts';
import type { CallPoint, SimProcess } from './sim-process.ts';

export interface NetworkOptions {
  readonly port: CallPoint['port'];
  /** Names the call for traces. */
  point?(method: string, args: readonly unknown[]): Partial<CallPoint>;
  /** Methods without a round trip. */
  readonly local?: readonly string[];
  /** Applies the call at the far end, with the fault played. */
  run(fault: CallFault, apply: () => Promise<unknown>, method: string, args: readonly unknown[]): Promise<unknown>;
}

/** A port as one process sees it: each call of each method goes over the network of the simulation. */
export function behindNetwork<T extends object>(process: SimProcess, target: T, options: NetworkOptions): T {
  const methods = new Map<string | symbol, unknown>();
  return new Proxy(target, {
    get(_, name) {
      let method = methods.get(name);
      if (!method) {
        const original = Reflect.get(target, name, target) as (...args: unknown[]) => Promise<unknown>;
        method = options.local?.includes(String(name))
          ? original.bind(target)
          : (...args: unknown[]) =>
              process.call({ port: options.port, what: String(name), ...options.point?.(String(name), args) }, (fault) =>
                options.run(fault, () => original.apply(target, args), String(name), args),
              );
        methods.set(name, method);
      }
      return method;
    },
  });
}

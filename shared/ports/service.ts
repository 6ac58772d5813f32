/** A long-lived part of a process: started in order, stopped in reverse. `stop` is safe twice and before `start`. */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

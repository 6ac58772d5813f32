/** Places in the use cases at which a test may stop a process, named after the two steps that they lie between. */
export type FailpointName =
  | 'before insert'
  | 'insert|publish'
  | 'publish|confirm'
  | 'confirm|mark'
  | 'delivery|claim'
  | 'claim|handler'
  | 'output|commit'
  | 'commit|ack'
  | 'ack|publish'
  | 'find|rescue'
  | 'take|publish'
  | 'event publish|mark';

/**
 * For tests only: absent in production, and then nothing is called and nothing is awaited. Write
 * `if (failpoints) await failpoints.reach(...)`: `await failpoints?.reach(...)` would cost a turn of the event loop.
 */
export interface Failpoints {
  /** Tells the test that this process is here with these jobs, and waits for leave to go on. Never throws. */
  reach(name: FailpointName, jobIds: readonly string[]): Promise<void>;
}

/** Named leases, for tasks that must have one owner at a time. */
export interface LeaseStore {
  /** Takes or renews the lease. @returns false while another owner holds it. */
  tryAcquire(name: string, owner: string, ttlMs: number): Promise<boolean>;
  /** Gives the lease up, if it is the owner's. */
  release(name: string, owner: string): Promise<void>;
}

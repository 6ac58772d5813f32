/** Counts what waits, by tenant. */
export interface TenantBacklog {
  /** Jobs of the tenant that are QUEUED. @throws StoreUnavailableError. */
  waiting(tenant: string): Promise<number>;
}

/** Removes jobs for good. */
export interface JobRemover {
  /**
   * Removes the record and the payload of a job that has ended, is at this generation still, and whose record owes no event; durable when
   * it returns. @returns false where there is no such job. @throws StoreUnavailableError.
   */
  remove(id: string, gen: number): Promise<boolean>;
}

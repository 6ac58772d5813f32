/** As its page on performance advises for fast tasks. */
export const GRAPHILE_SETTINGS = { concurrentJobs: 24, maxPoolSize: 26, localQueueSize: 500, completeJobBatchDelay: 0 } as const;

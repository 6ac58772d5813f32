import { runStageWorker } from '../../../shared/worker/stage-worker.ts';

/** A third stage, as docs/architecture.md says it is added: one service folder. Its handlers come from the test's job types. */
await runStageWorker({ service: 'p3-worker', stages: ['p3'], handlers: {}, env: process.env, args: process.argv.slice(2) });

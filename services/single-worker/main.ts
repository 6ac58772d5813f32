import { runStageWorker } from '../../shared/worker/stage-worker.ts';
import { P1_HANDLERS } from '../p1-worker/handlers.ts';
import { P2_HANDLERS } from '../p2-worker/handlers.ts';

// TOPOLOGY=single: one process serves all handlers; the message's stage decides. The same engine, the same protocol.
await runStageWorker({
  service: 'single-worker',
  handlers: { p1: P1_HANDLERS, p2: P2_HANDLERS },
  env: process.env,
  args: process.argv.slice(2),
});

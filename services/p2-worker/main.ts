import { runStageWorker } from '../../shared/worker/stage-worker.ts';
import { P2_HANDLERS } from './handlers.ts';

await runStageWorker({
  service: 'p2-worker',
  stages: ['p2'],
  handlers: { p2: P2_HANDLERS },
  env: process.env,
  args: process.argv.slice(2),
});

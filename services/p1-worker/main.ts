import { runStageWorker } from '../../shared/worker/stage-worker.ts';
import { P1_HANDLERS } from './handlers.ts';

await runStageWorker({
  service: 'p1-worker',
  stages: ['p1'],
  handlers: { p1: P1_HANDLERS },
  env: process.env,
  args: process.argv.slice(2),
});

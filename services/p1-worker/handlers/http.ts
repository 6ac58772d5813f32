import { readFile, writeFile } from 'node:fs/promises';
import { httpStage } from '../../../shared/jobs/outside/http-stage.ts';

/** Process 1 of the job type http. */
export const handle = httpStage({ read: (path) => readFile(path), write: (path, bytes) => writeFile(path, bytes) });

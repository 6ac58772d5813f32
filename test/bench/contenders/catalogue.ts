import type { Contender } from '../suite/contender.ts';
import { AGENDA } from './agenda/agenda.ts';
import { BULLMQ } from './bullmq/bullmq.ts';
import { CELERY } from './celery/celery.ts';
import { GRAPHILE_WORKER } from './graphile-worker/graphile.ts';
import { JOBLINE } from './jobline/jobline.ts';
import { PG_BOSS } from './pg-boss/pg-boss.ts';
import { RAW } from './raw/raw.ts';
import { STRAIGHTFORWARD } from './straightforward/straightforward.ts';
import { TEMPORAL } from './temporal/temporal.ts';

/** All contenders, ours first. */
export const CONTENDERS: readonly Contender[] = [
  ...JOBLINE,
  ...RAW,
  STRAIGHTFORWARD,
  ...BULLMQ,
  ...PG_BOSS,
  GRAPHILE_WORKER,
  AGENDA,
  CELERY,
  TEMPORAL,
];

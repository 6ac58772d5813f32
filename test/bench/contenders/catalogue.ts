import type { Contender } from '../suite/contender.ts';
import { BULLMQ } from './bullmq/bullmq.ts';
import { JOBLINE } from './jobline/jobline.ts';
import { RAW } from './raw/raw.ts';
import { STRAIGHTFORWARD } from './straightforward/straightforward.ts';

/** All contenders, ours first. */
export const CONTENDERS: readonly Contender[] = [...JOBLINE, ...RAW, STRAIGHTFORWARD, ...BULLMQ];

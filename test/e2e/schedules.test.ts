import { schedulesUnderTrouble } from '../support/schedules/schedules-under-trouble.ts';

schedulesUnderTrouble(9_000);

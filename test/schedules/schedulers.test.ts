import { schedulesUnderTrouble } from '../support/schedules/schedules-under-trouble.ts';

schedulesUnderTrouble(60_000);

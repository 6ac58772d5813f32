import type { TickCalendar } from '../../shared/ports/tick-calendar.ts';
import { invalidRequest } from './query.ts';

/** A cron expression with single spaces between its fields. @throws Problem invalid_request at `/cron`. */
export function cronExpressionOf(calendar: Pick<TickCalendar, 'problemOf'>, cron: string): string {
  const expression = cron.trim().split(/\s+/).join(' ');
  const problem = calendar.problemOf(expression);
  if (problem !== undefined) throw invalidRequest([{ pointer: '/cron', detail: problem }]);
  return expression;
}

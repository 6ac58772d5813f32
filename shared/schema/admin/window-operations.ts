import { WINDOW_EFFECTS } from '../../domain/windows/calendar-window.ts';
import { skipRequest, windowRequest } from '../window-request.ts';
import { type ApiPart, BODY_PROBLEMS } from './api-part.ts';
import { upcomingWindows, window, windowForecast, windowList } from './window-answers.ts';

const ALL = '/admin/v1/windows';
const ONE = `${ALL}/{window_name}`;
const shown = (status: number) => ({ status, description: 'The window', schema: window });

/** Windows by calendar. */
export const WINDOWS: ApiPart = {
  requests: { SkipRequest: skipRequest, WindowRequest: windowRequest },
  responses: { UpcomingWindows: upcomingWindows, Window: window, WindowForecast: windowForecast, WindowList: windowList },
  operations: [
    {
      method: 'get',
      path: ALL,
      summary: `Windows by calendar (${WINDOW_EFFECTS.join(', ')}), with their next occurrences`,
      success: { status: 200, description: 'All of them', schema: windowList },
    },
    {
      method: 'get',
      path: '/admin/v1/upcoming-windows',
      summary: 'Occurrences of all windows that are not over',
      query: { count: { description: 'At most so many', schema: { type: 'integer', minimum: 1, maximum: 200, default: 50 } } },
      success: { status: 200, description: 'The earliest first', schema: upcomingWindows },
      problems: [400],
    },
    { method: 'get', path: ONE, summary: 'A window', success: shown(200) },
    {
      method: 'put',
      path: ONE,
      summary: 'Make a window, or say it anew',
      body: { schema: windowRequest },
      success: shown(200),
      alsoSuccess: { ...shown(201), description: 'The window, which is new' },
      problems: [...BODY_PROBLEMS, 409],
    },
    { method: 'delete', path: ONE, summary: 'Remove a window', success: { status: 204, description: 'What it held back goes on' } },
    {
      method: 'post',
      path: `${ONE}/skip`,
      summary: 'Call one occurrence off',
      body: { schema: skipRequest, isOptional: true },
      success: { status: 204, description: 'It will not be' },
      problems: [...BODY_PROBLEMS, 409],
    },
    {
      method: 'get',
      path: `${ONE}/forecast`,
      summary: 'What waits for an off-peak window, and how long that will take',
      success: { status: 200, description: 'The forecast', schema: windowForecast },
    },
  ],
};

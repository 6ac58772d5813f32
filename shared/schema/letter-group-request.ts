import { z } from 'zod';
import { GROUP_STATES } from '../domain/dead-letters/letter-group.ts';
import { deadLetterParts } from './replay-request.ts';
import { wholeParameter } from './whole-parameter.ts';

const text = z.string().trim().min(1).max(2_000).describe('What is to be known of the group.');
const dateTime = z.iso.datetime({ offset: true, error: 'must be an RFC 3339 date-time with a zone, e.g. 2026-11-24T10:00:00Z' });

/** Query of GET /admin/v1/dead-letters/groups. */
export const groupsQuery = deadLetterParts.omit({ ignored: true }).extend({
  limit: wholeParameter(1, 200).default(50),
  state: z
    .enum(['unresolved', 'all', ...GROUP_STATES])
    .default('unresolved')
    .describe('`unresolved`: open ones and regressions.'),
});

/** Body of POST /admin/v1/dead-letters/groups/{group_id}/notes. */
export const groupNoteRequest = z
  .strictObject({ text })
  .meta({ id: 'GroupNoteRequest', examples: [{ text: 'The disk of the printer is full.' }] });

/** Body of POST .../resolve and .../reopen. */
export const groupMarkRequest = z
  .strictObject({ text: text.optional() })
  .meta({ id: 'GroupMarkRequest', examples: [{ text: 'Mended by release 12.' }] });

/** Body of POST .../ignore. */
export const groupIgnoreRequest = z
  .strictObject({ until: dateTime.describe('The group is shown again from then on.'), text: text.optional() })
  .meta({ id: 'GroupIgnoreRequest', examples: [{ until: '2150-01-01T00:00:00Z' }] });

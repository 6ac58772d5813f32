import { z } from 'zod';
import { GROUP_STATES } from '../../domain/dead-letters/letter-group.ts';
import { groupIgnoreRequest, groupMarkRequest, groupNoteRequest } from '../letter-group-request.ts';
import { type ApiPart, BODY_PROBLEMS, dateTime, links, mostOf } from './api-part.ts';
import { LETTER_FILTER } from './letter-filter.ts';

const note = z.strictObject({
  at: dateTime,
  by: z.string(),
  event: z.enum(['note', 'resolved', 'ignored', 'reopened', 'regression']),
  text: z.string().optional(),
  until: dateTime.optional(),
});

const group = z
  .strictObject({
    group_id: z.string().nullable().describe('null: of jobs that failed before there were fingerprints.'),
    type: z.string(),
    stage: z.string(),
    fingerprint: z.string().nullable(),
    state: z.enum(GROUP_STATES).describe('`regression`: it was resolved, and has failed again since.'),
    count: z.int().min(0),
    first_at: dateTime.optional(),
    last_at: dateTime.optional(),
    first_seen_at: dateTime.optional(),
    error: z.strictObject({ code: z.string(), pattern: z.string(), message: z.string() }).optional(),
    example: z.string().optional().describe('Id of the newest.'),
    resolved_at: dateTime.optional(),
    regressed_at: dateTime.optional(),
    ignored_until: dateTime.optional(),
    notes: z.array(note).describe('The last 100, newest last.'),
    links: links.optional(),
  })
  .meta({ id: 'DeadLetterGroup' });

const groupList = z.strictObject({ groups: z.array(group) }).meta({ id: 'DeadLetterGroups' });

const GROUPS = '/admin/v1/dead-letters/groups';
const ONE = `${GROUPS}/{group_id}`;
const shown = { status: 200, description: 'The group', schema: group };
const STATE = {
  description: '`unresolved`: open ones and regressions',
  schema: { enum: ['unresolved', 'all', ...GROUP_STATES], default: 'unresolved' },
};
const { ignored: _, ...FILTER } = LETTER_FILTER;
const mark = (how: string, summary: string, body: NonNullable<ApiPart['operations'][number]['body']>) =>
  ({ method: 'post', path: `${ONE}/${how}`, summary, body, success: shown, problems: BODY_PROBLEMS }) as const;

/** Dead letters by cause, and what operators say of a cause. */
export const LETTER_GROUPS: ApiPart = {
  requests: { GroupIgnoreRequest: groupIgnoreRequest, GroupMarkRequest: groupMarkRequest, GroupNoteRequest: groupNoteRequest },
  responses: { DeadLetterGroup: group, DeadLetterGroups: groupList },
  operations: [
    {
      method: 'get',
      path: GROUPS,
      summary: 'Dead letters by cause, the largest group first',
      query: { ...FILTER, state: STATE, ...mostOf(200, 50) },
      success: { status: 200, description: 'The groups', schema: groupList },
      problems: [400, 422],
    },
    { method: 'get', path: ONE, summary: 'One group', success: shown },
    mark('notes', 'Say something of it', { schema: groupNoteRequest }),
    mark('resolve', 'Its cause is mended: it comes back if it fails again', { schema: groupMarkRequest, isOptional: true }),
    mark('ignore', 'Show it no more until a moment', { schema: groupIgnoreRequest }),
    mark('reopen', 'It is open again', { schema: groupMarkRequest, isOptional: true }),
  ],
};

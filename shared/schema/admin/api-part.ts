import { z } from 'zod';
import type { Operation } from '../operations.ts';

/** What operators name in a document: operations of one matter, with the schemas that they speak in, by name. */
export interface ApiPart {
  readonly operations: readonly Operation[];
  readonly requests: Readonly<Record<string, z.ZodType>>;
  readonly responses: Readonly<Record<string, z.ZodType>>;
}

/** Statuses of what has a JSON body. */
export const BODY_PROBLEMS = [400, 408, 413, 415, 422] as const;

/** A moment as it is answered. */
export const dateTime = z.iso.datetime();

/** Of a page: what leads to the next. */
export const nextPage = z.string().optional().describe('Pass it as page_token; absent on the last page.');

/** What a thing is linked to. */
export const links = z.record(z.string(), z.string()).describe('Relation → path.');

/** Jobs by state, in lower case. */
export const countsByState = z.record(z.string(), z.int().min(0));

/** Of a list without pages: at most so many, the newest. */
export function mostOf(maximum: number, normally: number) {
  return { limit: { description: 'At most so many', schema: { type: 'integer', minimum: 1, maximum, default: normally } } };
}

import { type AccessDescription, type ApiDescription, documentOf } from '../openapi.ts';
import type { Operation } from '../operations.ts';
import { CONTROL } from './control-operations.ts';
import { DEAD_LETTERS } from './dead-letter-operations.ts';
import { FSCK } from './fsck-operations.ts';
import { KEYS } from './key-operations.ts';
import { ADMIN_META } from './meta-operations.ts';
import { REPLAYS } from './replay-operations.ts';

const PARTS = [CONTROL, DEAD_LETTERS, REPLAYS, FSCK, KEYS, ADMIN_META];

/** Every operation of the control plane; a test compares them with the router. */
export const ADMIN_OPERATIONS: readonly Operation[] = PARTS.flatMap(({ operations }) => operations);

const ADMIN_API: ApiDescription = {
  title: 'Jobline control plane',
  description: 'What operators see and do: stages, pauses, workers, dead letters, replays, fsck, keys, the audit log.',
  operations: ADMIN_OPERATIONS,
  requests: Object.assign({}, ...PARTS.map(({ requests }) => requests)),
  responses: Object.assign({}, ...PARTS.map(({ responses }) => responses)),
};

/** The OpenAPI 3.1 document of the control plane. @param version, access: as for the public API. */
export function adminOpenApiDocument(version: string, access?: AccessDescription): Readonly<Record<string, unknown>> {
  return documentOf(ADMIN_API, version, access);
}

import { type AccessDescription, type ApiDescription, documentOf } from '../openapi.ts';
import type { Operation } from '../operations.ts';
import { BATCH_RULES } from './batch-rule-operations.ts';
import { BATCH_RUNS } from './batch-run-operations.ts';
import { BREAKERS } from './breaker-operations.ts';
import { CONTROL } from './control-operations.ts';
import { DEAD_LETTERS } from './dead-letter-operations.ts';
import { EDITS } from './edit-operations.ts';
import { FSCK } from './fsck-operations.ts';
import { KEYS } from './key-operations.ts';
import { LETTER_GROUPS } from './letter-group-operations.ts';
import { LIMITS } from './limit-operations.ts';
import { ADMIN_META } from './meta-operations.ts';
import { REMOVALS } from './removal-operations.ts';
import { REPLAYS } from './replay-operations.ts';
import { RERUN_RULES } from './rerun-rule-operations.ts';
import { RETENTION } from './retention-operations.ts';
import { VERSIONS } from './version-operations.ts';
import { WINDOWS } from './window-operations.ts';

const PARTS = [
  ...[CONTROL, BREAKERS, LIMITS, WINDOWS, VERSIONS],
  ...[LETTER_GROUPS, DEAD_LETTERS, EDITS, REPLAYS, REMOVALS, RERUN_RULES, RETENTION],
  ...[BATCH_RULES, BATCH_RUNS, FSCK, KEYS, ADMIN_META],
];

/** Every operation of the control plane; a test compares them with the router. */
export const ADMIN_OPERATIONS: readonly Operation[] = PARTS.flatMap(({ operations }) => operations);

const ADMIN_API: ApiDescription = {
  title: 'Jobline control plane',
  description:
    'What operators see and do: stages, pauses, breakers, limits, windows, workers, dead letters and their groups, replays, removals, rules of re-runs, retention and batches, fsck, keys, the audit log.',
  operations: ADMIN_OPERATIONS,
  requests: Object.assign({}, ...PARTS.map(({ requests }) => requests)),
  responses: Object.assign({}, ...PARTS.map(({ responses }) => responses)),
};

/** The OpenAPI 3.1 document of the control plane. @param version, access: as for the public API. */
export function adminOpenApiDocument(version: string, access?: AccessDescription): Readonly<Record<string, unknown>> {
  return documentOf(ADMIN_API, version, access);
}

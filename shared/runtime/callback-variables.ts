import { hostList, portRanges } from './outgoing/variable-kinds.ts';
import { SIGNING_KEYS, SIGNING_KEYS_ALLOWED } from './signing-keys.ts';
import { choice, integer, optionalSecret, optionalSecretFile } from './variable.ts';

const BOTH = ['gateway', 'scheduler'] as const;
const SIGNERS = ['gateway', 'worker', 'scheduler'] as const;
const SIGNING = { form: SIGNING_KEYS, allowed: SIGNING_KEYS_ALLOWED };

/** What is signed, and with what. */
export const signing = {
  JOBLINE_SIGNING_KEYS: optionalSecret({
    ...SIGNING,
    usedBy: SIGNERS,
    description:
      'What download links, callbacks and requests of jobs of type http are signed with, the same at every gateway, worker and scheduler. The first signs, the others are still taken (docs/callbacks.md). Unset: a key that is made once and kept in MongoDB.',
  }),
  JOBLINE_SIGNING_KEYS_FILE: optionalSecretFile({
    ...SIGNING,
    usedBy: SIGNERS,
    description: 'In place of JOBLINE_SIGNING_KEYS: a file with them.',
  }),
  DOWNLOAD_LINK_TTL_MINUTES: integer({
    min: 1,
    max: 10_080,
    default: 60,
    unit: 'minutes',
    usedBy: ['gateway'],
    description: 'How long a signed download link opens its file without an API key.',
  }),
};

/** Where callbacks may go, and how often. */
export const callbacks = {
  CALLBACK_ALLOW_HTTP: choice({
    of: ['no', 'yes'],
    default: 'no',
    usedBy: BOTH,
    description: 'Whether callbacks may go to http:// URLs; else https:// alone.',
  }),
  CALLBACK_PORTS: portRanges({ default: '443,80', usedBy: BOTH, description: 'Ports that callbacks may go to.' }),
  CALLBACK_ALLOW_HOSTS: hostList({
    usedBy: BOTH,
    description:
      'Hosts that callbacks may go to although their addresses are not public. Whoever may submit jobs can make the scheduler post to them.',
  }),
  CALLBACK_MAX_ATTEMPTS: integer({
    min: 1,
    max: 50,
    default: 10,
    usedBy: ['scheduler'],
    description: 'Attempts to deliver a callback before it is dead.',
  }),
  CALLBACK_RETRY_BASE_MS: integer({
    min: 10,
    max: 3_600_000,
    default: 5_000,
    unit: 'ms',
    usedBy: ['scheduler'],
    description: 'Before the second attempt; each further wait is four times as long, up to 12 h, with jitter.',
  }),
  CALLBACK_TIMEOUT_MS: integer({
    min: 100,
    max: 60_000,
    default: 15_000,
    unit: 'ms',
    usedBy: ['scheduler'],
    description: 'One attempt, from the look-up of the host to the end of the answer.',
  }),
  CALLBACK_CONCURRENCY: integer({
    min: 1,
    max: 500,
    default: 32,
    usedBy: ['scheduler'],
    description: 'Callbacks being sent at the same time, per scheduler.',
  }),
  CALLBACK_CONCURRENCY_PER_HOST: integer({
    min: 1,
    max: 500,
    default: 4,
    usedBy: ['scheduler'],
    description: 'Callbacks being sent to one host at the same time, per scheduler: one that hangs holds up no other.',
  }),
};

import { LANES } from '../../shared/domain/job.ts';
import { deadLetterExchange, EVENTS_EXCHANGE, SINGLE, STAGES_EXCHANGE } from '../../shared/rabbit/topology.ts';

/** One service's account, of the same name in RabbitMQ and MongoDB, with no more rights than it uses. */
export interface Account {
  readonly name: string;
  /** Regular expressions over names of exchanges and queues, as RabbitMQ reads them; the tag opens the management API. */
  readonly broker: { readonly tags: string; readonly configure: string; readonly write: string; readonly read: string };
  /** Roles on Jobline's database. */
  readonly storeRoles: readonly string[];
}

const NOTHING = '^$';
const ALL_OF_OURS = '^jobline\\.';

/** Each of the names, as one anchored expression. */
function oneOf(...names: readonly string[]): string {
  return `^(${names.map((name) => name.replaceAll('.', '\\.')).join('|')})$`;
}

function account(name: string, broker: Partial<Account['broker']>, storeRoles: readonly string[] = ['readWrite']): Account {
  return { name, broker: { tags: '', configure: NOTHING, write: NOTHING, read: NOTHING, ...broker }, storeRoles };
}

/** Takes from its own queues alone; publishes the next doorbells, and malformed messages to the dead letters of its queues. */
function worker(name: string, carrier: string): Account {
  const queues = LANES.map((lane) => `jobline.${carrier}.${lane}`);
  return account(name, { write: oneOf(STAGES_EXCHANGE, EVENTS_EXCHANGE, deadLetterExchange(carrier)), read: oneOf(...queues) });
}

/**
 * The accounts of a deployment whose pipelines have these stages. `prepare` alone may declare; the scheduler alone takes dead
 * letters, and puts them back through the default exchange; nobody but the workers takes from stage queues.
 */
export function accountsOf(stageNames: readonly string[]): readonly Account[] {
  const letters = stageNames.map(deadLetterExchange);
  return [
    account('prepare', { tags: 'policymaker', configure: ALL_OF_OURS, write: ALL_OF_OURS, read: ALL_OF_OURS }, ['readWrite', 'dbAdmin']),
    account('gateway', { tags: 'management', write: oneOf(STAGES_EXCHANGE, EVENTS_EXCHANGE) }),
    ...stageNames.map((stage) => worker(`${stage}-worker`, stage)),
    worker('single-worker', SINGLE),
    account('scheduler', {
      tags: 'management',
      write: oneOf(STAGES_EXCHANGE, EVENTS_EXCHANGE, 'amq.default', ...letters),
      read: '^jobline\\.[a-z0-9-]+\\.dlq$',
    }),
  ];
}

/** The variable that holds an account's password: `p1-worker` → `P1_WORKER_PASSWORD`. */
export function passwordVariable(name: string): string {
  return `${name.toUpperCase().replaceAll('-', '_')}_PASSWORD`;
}

/** Of a password: it goes into URLs as it is. */
const PASSWORD = /^[A-Za-z0-9._~-]{8,128}$/;

/**
 * The passwords of all accounts.
 * @throws Error naming every variable that is missing or not allowed, without its value.
 */
export function passwordsOf(accounts: readonly Account[], env: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, string> {
  const wrong = accounts.map(({ name }) => passwordVariable(name)).filter((variable) => !PASSWORD.test(env[variable] ?? ''));
  if (wrong.length > 0) throw new Error(`${wrong.join(', ')}: each must be set to 8 to 128 of A-Z a-z 0-9 . _ ~ -`);
  return new Map(accounts.map(({ name }) => [name, env[passwordVariable(name)]!]));
}

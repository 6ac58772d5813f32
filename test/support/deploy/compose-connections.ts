import { accountsOf, passwordVariable } from '../../../deploy/accounts/accounts.ts';
import { JOB_TYPES, Pipelines } from '../../../shared/domain/pipeline.ts';
import type { ComposeDocument } from './compose-document.ts';

const URLS = ['RABBITMQ_URL', 'RABBITMQ_MANAGEMENT_URL', 'MONGODB_URL'] as const;
/** The ports of the two servers' images. */
const PORTS: Readonly<Record<(typeof URLS)[number], string>> = {
  RABBITMQ_URL: 'rabbitmq:5672',
  RABBITMQ_MANAGEMENT_URL: 'rabbitmq:15672',
  MONGODB_URL: 'mongodb:27017',
};

/** The account that a service is to use, with its password; `accounts` itself uses the administrators'. */
function expectedLogin({ services }: ComposeDocument, name: string, url: (typeof URLS)[number]): string {
  if (name !== 'accounts') return `${name}:${services['accounts']?.environment?.[passwordVariable(name)]}`;
  const variable = url === 'MONGODB_URL' ? 'MONGO_INITDB_ROOT' : 'RABBITMQ_DEFAULT';
  const admin = services[url === 'MONGODB_URL' ? 'mongodb' : 'rabbitmq']?.environment;
  return url === 'MONGODB_URL'
    ? `${admin?.[`${variable}_USERNAME`]}:${admin?.[`${variable}_PASSWORD`]}`
    : `${admin?.[`${variable}_USER`]}:${admin?.[`${variable}_PASS`]}`;
}

function urlProblems(compose: ComposeDocument, name: string, variable: (typeof URLS)[number], text: string): string[] {
  // URL knows no user and host in schemes that it does not know.
  const url = new URL(text.replace(/^[a-z]+:/, 'http:'));
  const login = expectedLogin(compose, name, variable);
  return [
    ...(text.includes(`@${PORTS[variable]}`) ? [] : [`${variable} names ${url.host}, not ${PORTS[variable]}`]),
    ...(`${url.username}:${url.password}` === login ? [] : [`${variable} has another user or password than ${login}`]),
    ...(variable === 'MONGODB_URL' ? replicaSetProblems(compose, name, url) : []),
  ];
}

function replicaSetProblems({ services }: ComposeDocument, name: string, url: URL): string[] {
  const started = /--replSet (\S+)/.exec(services['mongodb']?.command?.join(' ') ?? '')?.[1];
  const isDirect = url.searchParams.get('directConnection') === 'true';
  const isRight = name === 'accounts' ? isDirect : url.searchParams.get('replicaSet') === started;
  return isRight ? [] : [`MONGODB_URL does not name the replica set ${started}`];
}

function networkProblems({ services, networks }: ComposeDocument, name: string): string[] {
  const own = services[name]?.networks ?? [];
  const apart = ['rabbitmq', 'mongodb'].filter((server) => !services[server]?.networks?.some((one) => own.includes(one)));
  return [
    ...apart.map((server) => `it shares no network with ${server}`),
    ...own.filter((one) => !(one in networks)).map((one) => `there is no network ${one}`),
  ];
}

/** Every account that is made needs its password. */
function passwordProblems({ services }: ComposeDocument): string[] {
  const given = Object.keys(services['accounts']?.environment ?? {});
  const stages = new Pipelines(Object.values(JOB_TYPES)).stageNames();
  return accountsOf(stages).flatMap((account) => {
    const variable = passwordVariable(account.name);
    return given.includes(variable) ? [] : [`${variable} is missing`];
  });
}

/** Whether a process of ours reaches the two servers: network, host, port, account, password, replica set. */
export function connectionProblems(compose: ComposeDocument, name: string): string[] {
  const { environment, command } = compose.services[name]!;
  if (command?.[0] !== 'node') return [];
  const urls = URLS.flatMap((variable) => {
    const text = environment?.[variable];
    return text === undefined ? [] : urlProblems(compose, name, variable, text);
  });
  return [...networkProblems(compose, name), ...urls, ...(name === 'accounts' ? passwordProblems(compose) : [])];
}

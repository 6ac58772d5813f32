/** What the parts of the adapter need to know of an AMQP URL. */
export interface AmqpTarget {
  readonly host: string;
  readonly user: string;
  readonly password: string;
  readonly vhost: string;
}

/** Takes an AMQP URL apart as amqplib does: user guest, virtual host `/` by default. @throws Error without the URL in it. */
export function parseAmqpUrl(url: string): AmqpTarget {
  const parts = URL.canParse(url) ? new URL(url) : undefined;
  if (!parts || !['amqp:', 'amqps:'].includes(parts.protocol)) throw new Error('RabbitMQ URL: must be amqp://... or amqps://...');
  const isAnonymous = parts.username === '' && parts.password === '';
  return {
    host: parts.host,
    user: isAnonymous ? 'guest' : decodeURIComponent(parts.username),
    password: isAnonymous ? 'guest' : decodeURIComponent(parts.password),
    vhost: decodeURIComponent(parts.pathname.slice(1)) || '/',
  };
}

/** Host and port of a URL: all of it that may be logged. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an unreadable URL';
}

/** A heartbeat that the URL itself asks for is kept when it can do its work, 5 to 60 s. */
export function withHeartbeat(url: string, seconds: number): string {
  const parts = new URL(url);
  const own = Number(parts.searchParams.get('heartbeat') ?? Number.NaN);
  parts.searchParams.set('heartbeat', String(own >= 5 && own <= 60 ? own : seconds));
  return parts.toString();
}

/** The text of an error with every password of these URLs masked. */
export function reasonWithoutSecrets(error: unknown, urls: readonly string[]): string {
  let text = error instanceof Error ? error.message || error.name : String(error);
  for (const url of urls) {
    if (!URL.canParse(url)) continue;
    for (const secret of new Set([new URL(url).password, decodeURIComponent(new URL(url).password)])) {
      if (secret.length > 0) text = text.replaceAll(secret, '***');
    }
  }
  return text;
}

/** Refusals that a person must mend, each with what to look at. */
const REFUSALS = [
  { refusal: 'login', pattern: /ACCESS.REFUSED/, hint: 'user or password of RABBITMQ_URL is wrong' },
  {
    refusal: 'vhost',
    // All that amqplib says of the broker's answer.
    pattern: /NOT.ALLOWED|Expected ConnectionOpenOk; got <ConnectionClose/,
    hint: 'the virtual host that RABBITMQ_URL ends with does not exist, is down, or its user has no permissions on it',
  },
] as const;

/** Why connecting failed, without passwords; a refusal with what to look at. */
export interface ConnectFailure {
  readonly reason: string;
  readonly refusal: 'login' | 'vhost' | undefined;
}

/** Reads the error of a connection that could not be made. */
export function connectFailure(error: unknown, urls: readonly string[]): ConnectFailure {
  const reason = reasonWithoutSecrets(error, urls);
  const found = REFUSALS.find(({ pattern }) => pattern.test(reason));
  return { reason: found ? `${found.hint}: ${reason}` : reason, refusal: found?.refusal };
}

import { parseArgs } from 'node:util';

/** How the benchmark is called. */
export const USAGE = `npm run bench:live -- [option ...]

Clients listen over server-sent events to one gateway, each to a job of its own, while the jobs run, RabbitMQ is restarted, and
the gateway is ended by SIGTERM and by SIGKILL. Each client is then compared with every write of its job.

--clients <n>   clients, and jobs (1000), 1 to 20000
--rate <n>      jobs submitted a second (50), 1 to 1000
--help          this`;

export interface LiveOptions {
  readonly clients: number;
  readonly rate: number;
  readonly isHelp: boolean;
}

function whole(name: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > most)
    throw new Error(`--${name} is ${JSON.stringify(text)}; it must be a whole number from 1 to ${most}.`);
  return value;
}

/** @throws Error saying which option is wrong, and what is allowed. */
export function parseOptions(args: readonly string[]): LiveOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      clients: { type: 'string', default: '1000' },
      rate: { type: 'string', default: '50' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return { clients: whole('clients', values.clients, 20_000), rate: whole('rate', values.rate, 1_000), isHelp: values.help };
}

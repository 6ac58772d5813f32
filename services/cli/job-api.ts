import { JoblineClient, JoblineNetworkError, JoblineProblem, JoblineTimeoutError } from '../../shared/client/index.ts';
import { CliError, ExitCode, exitCodeOf, type OptionValues, type Terminal, UsageError } from './command.ts';
import { runningStack } from './running-stack.ts';

const DEFAULT_URL = 'http://127.0.0.1:8080';
/** A person waits: some seconds of repeats, not a minute. */
const ATTEMPTS = 4;
/** How the client words its errors about arguments. */
const ARGUMENT = /^\w+ is .+; it must be /s;

/** Options of every command that asks the API. */
export const API_OPTIONS = { url: { type: 'string' }, json: { type: 'boolean' } } as const;

/** What their help says. */
export const API_OPTIONS_HELP = `  --json             print the answer as JSON
  --url URL          API of a gateway; default: JOBLINE_URL, else that of the
                     system that npm start runs in this folder, else
                     ${DEFAULT_URL}
  JOBLINE_API_KEY    (variable) a key, where the gateway asks for keys
`;

/** What the help of these commands ends with. */
export const EXIT_CODES_HELP = `
Exit code: 0 done, 1 the job has not ended well, 2 it could not be done,
           64 wrong use, 69 no answer or not now, 77 not allowed.
`;

/** Where the API is, as options and variables say, without a slash at the end. */
export function apiUrl(values: OptionValues, { env }: Terminal): string {
  const url = values['url'] ?? (env['JOBLINE_URL'] || runningStack()?.api || DEFAULT_URL);
  return String(url).replace(/\/+$/, '');
}

/** The client that options and variables name. @throws UsageError. */
export function jobApi(values: OptionValues, terminal: Terminal): JoblineClient {
  const { env } = terminal;
  const baseUrl = apiUrl(values, terminal);
  const key = env['JOBLINE_API_KEY'] || undefined;
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) throw new UsageError('JOBLINE_API_KEY is not an API key.');
  try {
    return new JoblineClient({
      baseUrl,
      retry: { attempts: ATTEMPTS },
      ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }),
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** What the client failed with, as an error of the command line; other errors stay as they are. */
export function cliErrorOf(error: unknown): unknown {
  if (error instanceof JoblineNetworkError || error instanceof JoblineTimeoutError) {
    return new CliError(`${error.message}. Is the gateway up, and is this its API (PORT)?`, ExitCode.unavailable);
  }
  if (error instanceof JoblineProblem) return new CliError(error.message, exitCodeOf(error.status), error.problem);
  // The client's own word for an argument that cannot be right; any other TypeError is a fault of the program.
  return error instanceof TypeError && ARGUMENT.test(error.message) ? new UsageError(error.message) : error;
}

import type { JoblineClient } from '../../shared/client/index.ts';
import { ADMIN_EXIT_CODES_HELP, ADMIN_OPTIONS, ADMIN_OPTIONS_HELP, type AdminApi, adminApi } from './admin-api.ts';
import type { Command, OptionValues, Terminal } from './command.ts';
import { API_OPTIONS, API_OPTIONS_HELP, EXIT_CODES_HELP, jobApi } from './job-api.ts';
import { printAnswer } from './print.ts';

/** A command that asks one thing and prints the answer. */
export interface Question<A, T> {
  readonly name: string;
  readonly summary: string;
  /** Words and options after the name, as the usage has them. */
  readonly usage?: string;
  readonly words?: readonly string[];
  /** Paragraphs under the usage, each line up to 80 characters, without a line end at the end. */
  readonly about: string;
  readonly options?: Command['options'];
  /** Lines of help on these options. */
  readonly optionsHelp?: string;
  /** Command lines, run by a test. */
  readonly examples: readonly string[];
  ask(api: A, values: OptionValues, words: readonly string[]): Promise<T>;
  textOf(answer: T, terminal: Terminal): string;
}

/** Whom it asks: how that is reached, and what the help says of it. */
interface Asked<A> {
  readonly options: NonNullable<Command['options']>;
  readonly help: string;
  connect(values: OptionValues, terminal: Terminal): A;
}

const API: Asked<JoblineClient> = { options: API_OPTIONS, help: `${API_OPTIONS_HELP}${EXIT_CODES_HELP}`, connect: jobApi };
const CONTROL_PLANE: Asked<AdminApi> = {
  options: ADMIN_OPTIONS,
  help: `${ADMIN_OPTIONS_HELP}${ADMIN_EXIT_CODES_HELP}`,
  connect: adminApi,
};

/** Examples as the end of a help. */
export function examplesHelp(examples: readonly string[]): string {
  return `\nExample${examples.length > 1 ? 's' : ''}:\n${examples.map((line) => `  ${line}\n`).join('')}`;
}

function commandOf<A, T>(asked: Asked<A>, question: Question<A, T>): Command {
  const { name, summary, usage, about, options = {}, optionsHelp = '', examples, words } = question;
  return {
    name,
    summary,
    help: `Usage: jobline ${[name, ...(usage ? [usage] : []), '[options]'].join(' ')}

${about}

${optionsHelp}${asked.help}${examplesHelp(examples)}`,
    options: { ...asked.options, ...options },
    ...(words && { words }),
    async run(values, terminal, given) {
      const answer = await question.ask(asked.connect(values, terminal), values, given);
      return printAnswer(answer, () => question.textOf(answer, terminal), values, terminal);
    },
  };
}

/** A command that asks the API. */
export function apiCommand<T>(question: Question<JoblineClient, T>): Command {
  return commandOf(API, question);
}

/** A command that asks the control plane. */
export function adminCommand<T>(question: Question<AdminApi, T>): Command {
  return commandOf(CONTROL_PLANE, question);
}

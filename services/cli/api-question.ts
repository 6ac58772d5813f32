import type { JoblineClient } from '../../shared/client/index.ts';
import { examplesHelp } from './admin-question.ts';
import type { Command, OptionValues, Terminal } from './command.ts';
import { API_OPTIONS, API_OPTIONS_HELP, EXIT_CODES_HELP, jobApi } from './job-api.ts';
import { printAnswer } from './print.ts';

/** A command that asks the API one thing and prints the answer. */
export interface ApiQuestion<T> {
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
  ask(client: JoblineClient, values: OptionValues, words: readonly string[]): Promise<T>;
  textOf(answer: T, terminal: Terminal): string;
}

/** A command of such a question. */
export function apiCommand<T>(question: ApiQuestion<T>): Command {
  const { name, summary, usage, about, options = {}, optionsHelp = '', examples, words } = question;
  return {
    name,
    summary,
    help: `Usage: jobline ${[name, ...(usage ? [usage] : []), '[options]'].join(' ')}

${about}

${optionsHelp}${API_OPTIONS_HELP}${EXIT_CODES_HELP}${examplesHelp(examples)}`,
    options: { ...API_OPTIONS, ...options },
    ...(words && { words }),
    async run(values, terminal, given) {
      const answer = await question.ask(jobApi(values, terminal), values, given);
      return printAnswer(answer, () => question.textOf(answer, terminal), values, terminal);
    },
  };
}

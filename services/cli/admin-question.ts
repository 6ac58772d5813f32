import { ADMIN_EXIT_CODES_HELP, ADMIN_OPTIONS, ADMIN_OPTIONS_HELP, type AdminApi, adminApi } from './admin-api.ts';
import type { Command, OptionValues, Terminal } from './command.ts';
import { printAnswer } from './print.ts';

/** A command that asks the control plane one thing and prints the answer. */
export interface AdminQuestion<T> {
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
  ask(api: AdminApi, values: OptionValues, words: readonly string[]): Promise<T>;
  textOf(answer: T, terminal: Terminal): string;
}

/** Examples as the end of a help. */
export function examplesHelp(examples: readonly string[]): string {
  return `\nExample${examples.length > 1 ? 's' : ''}:\n${examples.map((line) => `  ${line}\n`).join('')}`;
}

/** A command of such a question. */
export function adminCommand<T>(question: AdminQuestion<T>): Command {
  const { name, summary, usage, about, options = {}, optionsHelp = '', examples, words } = question;
  return {
    name,
    summary,
    help: `Usage: jobline ${[name, ...(usage ? [usage] : []), '[options]'].join(' ')}

${about}

${optionsHelp}${ADMIN_OPTIONS_HELP}${ADMIN_EXIT_CODES_HELP}${examplesHelp(examples)}`,
    options: { ...ADMIN_OPTIONS, ...options },
    ...(words && { words }),
    async run(values, terminal, given) {
      const answer = await question.ask(adminApi(values, terminal), values, given);
      return printAnswer(answer, () => question.textOf(answer, terminal), values, terminal);
    },
  };
}

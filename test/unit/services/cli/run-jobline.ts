import { COMMAND_SET } from '../../../../services/cli/commands.ts';
import { runCommand } from '../../../../services/cli/run-command.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in this process. */
export async function jobline(args: readonly string[], env: Record<string, string> = {}, isTerminal = false, input = ''): Promise<Ran> {
  let [out, err] = ['', ''];
  const terminal = {
    env,
    write: (text: string) => {
      out += text;
    },
    writeError: (text: string) => {
      err += text;
    },
    isTerminal,
    input: new Blob([input]).stream(),
  };
  const code = await runCommand(COMMAND_SET, args, terminal);
  return { code, out, err };
}

import { spawn } from 'node:child_process';

/** How a command is run. */
export interface RunAsOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

/** Runs a command to its end as another user. @throws Error with what it printed when it fails. */
export async function runAs(command: string, args: readonly string[], { env, cwd, user }: RunAsOptions): Promise<void> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], ...user });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => (said += part));
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`${command} ended with code ${code}:\n${said.trim()}`);
}

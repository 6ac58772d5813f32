import { setTimeout as delay } from 'node:timers/promises';
import { ADMIN_OPTIONS, ADMIN_OPTIONS_HELP, type AdminApi, AwayError, adminApi } from '../admin-api.ts';
import { CliError, type Command, type OptionValues, type Terminal, UsageError } from '../command.ts';
import { type FsckRunView, fsckText } from './fsck-text.ts';

const LOOK_EVERY_MS = 500;
/** A scheduler takes a request within a second or two. */
const TAKEN_WITHIN_MS = 30_000;
/** A gateway that restarts is waited for; the run goes on meanwhile. */
const AWAY_MS = 60_000;
const CLEAN = 0;
const FINDINGS = 1;

const help = `Usage: jobline fsck [--repair] [--timeout SECONDS] [options]

Reconciles jobs, outbox, queues, dead letters and outputs while work goes on:
what one look finds counts only when a second look finds it again. The gateway
takes the request, a scheduler runs it, the result is kept.

  --repair           mend what is certain, by the protocol's own transitions,
                     and say what was done
  --timeout SECONDS  stop waiting (not the run) after so long, 1 to 86400;
                     default 3600
${ADMIN_OPTIONS_HELP}
The last line is "0 lost, 0 doubled (...)" or says what there is.

Exit code: 0 nothing is wrong, 1 there are findings, 2 it could not run, or
           not look at everything, 64 wrong use, 69 no answer or not now,
           77 not allowed.

Example:
  jobline fsck --timeout 300
`;

function secondsOf(text: unknown): number {
  const seconds = Number(text ?? 3_600);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 86_400) throw new UsageError('--timeout must be an integer from 1 to 86400.');
  return seconds;
}

/** Asks until the run has ended. A gateway that is away for less than a minute is waited for. */
async function follow(api: AdminApi, path: string, untilMs: number, onState: (run: FsckRunView) => void): Promise<FsckRunView> {
  const askedAtMs = performance.now();
  let answeredAtMs = askedAtMs;
  for (;;) {
    const run = await api.request<FsckRunView>('GET', path).catch((error: unknown) => {
      if (error instanceof AwayError && performance.now() - answeredAtMs < AWAY_MS) return undefined;
      throw error;
    });
    if (run) {
      answeredAtMs = performance.now();
      if (run.state === 'done' || run.state === 'failed') return run;
      onState(run);
      if (run.state === 'requested' && answeredAtMs - askedAtMs > TAKEN_WITHIN_MS)
        throw new CliError(`No scheduler has taken run ${run.run_id} within ${TAKEN_WITHIN_MS / 1_000} s. Is a scheduler up?`);
    }
    if (performance.now() > untilMs) throw new CliError(`The run has not ended in time; it goes on: GET ${path}.`);
    await delay(LOOK_EVERY_MS);
  }
}

/** Shows progress where a person looks, on the error output: the output itself is for the result. */
function progressOn({ isTerminal, writeError }: Terminal): { show(run: FsckRunView): void; clear(): void } {
  if (!isTerminal) return { show: () => undefined, clear: () => undefined };
  return {
    show: ({ state, progress }) => {
      const where = progress ? `${progress.phase}, ${progress.jobs.toLocaleString('en-US')} jobs` : state;
      writeError(`\r\u001b[K${where}`);
    },
    clear: () => writeError('\r\u001b[K'),
  };
}

async function run(values: OptionValues, terminal: Terminal): Promise<number> {
  const untilMs = performance.now() + secondsOf(values['timeout']) * 1_000;
  const api = adminApi(values, terminal);
  const progress = progressOn(terminal);
  const { links } = await api.request<FsckRunView>('POST', '/admin/v1/fsck', { repair: values['repair'] === true });
  const ended = await follow(api, links.self, untilMs, progress.show).finally(progress.clear);
  if (values['json'] === true) terminal.write(`${JSON.stringify(ended, undefined, 2)}\n`);
  if (ended.state === 'failed' || !ended.report) throw new CliError(`fsck could not run: ${ended.error ?? 'no reason given'}`);
  if (values['json'] !== true) terminal.write(fsckText(ended.report, terminal));
  if (ended.report.errors > 0) return FINDINGS;
  if (ended.report.unchecked.length > 0) throw new CliError(`not everything could be looked at: ${ended.report.unchecked.join('; ')}`);
  return CLEAN;
}

/** `jobline fsck`. */
export const fsckCommand: Command = {
  name: 'fsck',
  summary: 'reconcile jobs, queues, dead letters and outputs',
  help,
  options: { ...ADMIN_OPTIONS, repair: { type: 'boolean' }, timeout: { type: 'string' } },
  run,
};

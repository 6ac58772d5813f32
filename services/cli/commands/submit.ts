import { openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { BatchJob, JoblineClient, SubmitOptions } from '../../../shared/client/index.ts';
import { CliError, type Command, ExitCode, type OptionValues, type Terminal, UsageError } from '../command.ts';
import { API_OPTIONS, API_OPTIONS_HELP, EXIT_CODES_HELP, jobApi } from '../job-api.ts';
import { choiceOption, jsonOf, STRING, textOption, wholeOption } from '../option-values.ts';
import { watchToEnd } from './watch.ts';

const LANES = ['express', 'standard', 'bulk'] as const;
async function textOf(input: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of input) parts.push(part);
  return Buffer.concat(parts).toString();
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  return read().catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${JSON.stringify(path)} cannot be read: ${error.code ?? error.message}.`);
  });
}

/** The input of a job, where it was said: inline, a file, the standard input, or a dataset that is uploaded. */
async function inputOf(client: JoblineClient, values: OptionValues, terminal: Terminal, inline?: string): Promise<unknown> {
  const { file, upload } = values;
  if ([inline, file, upload].filter((one) => one !== undefined).length !== 1) {
    throw new UsageError('submit needs one of INPUT, --file and --upload.');
  }
  if (typeof upload === 'string') {
    const stored = await client.upload(await readable(upload, () => openAsBlob(upload)), { filename: basename(upload) });
    return { upload_id: stored.upload_id };
  }
  if (typeof file === 'string') return jsonOf(file, await readable(file, () => readFile(file, 'utf8')));
  return inline === '-' ? jsonOf('The standard input', await textOf(terminal.input)) : jsonOf('INPUT', inline!);
}

function optionsOf(values: OptionValues): SubmitOptions {
  const lane = choiceOption(values, 'lane', LANES);
  const { options, key, tag } = values;
  const [run_at, deadline_at] = [textOption(values, 'run-at'), textOption(values, 'deadline-at')];
  const max_attempts = wholeOption(values, 'max-attempts', 1, 25);
  return {
    ...(lane && { lane }),
    ...(run_at !== undefined && { run_at }),
    ...(deadline_at !== undefined && { deadline_at }),
    ...(max_attempts !== undefined && { max_attempts }),
    ...(typeof options === 'string' && { options: jsonOf('--options', options) }),
    ...(typeof key === 'string' && { idempotency_key: key }),
    ...(Array.isArray(tag) && { tags: tag.map(String) }),
  };
}

async function* jobsOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<BatchJob> {
  const decoder = new TextDecoder();
  let [rest, number] = ['', 0];
  const read = (line: string) => {
    number += 1;
    return line.trim() === '' ? [] : [jsonOf(`Line ${number} of the standard input`, line) as BatchJob];
  };
  for await (const part of input) {
    const lines = (rest + decoder.decode(part, { stream: true })).split('\n');
    rest = lines.pop()!;
    for (const line of lines) yield* read(line);
  }
  yield* read(rest + decoder.decode());
}

async function submitLines(client: JoblineClient, values: OptionValues, { input, write, writeError }: Terminal): Promise<number> {
  let [accepted, refused] = [0, 0];
  for await (const result of client.submitBatch(jobsOf(input))) {
    if (result.error) refused += 1;
    else accepted += 1;
    if (values['json'] === true) write(`${JSON.stringify(result)}\n`);
    else if (result.error) writeError(`job ${result.index}: ${result.error.code}: ${result.error.detail ?? result.error.title}\n`);
    else write(`${result.job_id}\n`);
  }
  writeError(`${accepted} accepted, ${refused} refused\n`);
  if (refused > 0) throw new CliError(`${refused} jobs were refused.`);
  return ExitCode.done;
}

/** `jobline submit`. */
export const submitCommand: Command = {
  name: 'submit',
  summary: 'submit a job, or many from the standard input',
  help: `Usage: jobline submit TYPE INPUT [options]    INPUT is JSON, or - for stdin
       jobline submit TYPE --file FILE       its JSON is the input
       jobline submit TYPE --upload FILE     the file is uploaded: the input
       jobline submit --ndjson               jobs from the standard input, one
                                             a line: {"type", "input", ...}

  --options JSON     how the job works on its input
  --lane LANE        express, standard or bulk
  --tag TAG          to find it by; may be repeated
  --key KEY          idempotency key: the same again is the same job
  --run-at AT        not before this moment, e.g. 2027-01-31T06:00:00Z
  --deadline-at AT   expires when it has not ended by then
  --max-attempts N   of each stage, 1 to 25
  --watch            follow the job to its end
${API_OPTIONS_HELP}
Prints the id of the job once it is durable.
${EXIT_CODES_HELP}
Examples:
  jobline submit report '{"rows": [{"city": "Oslo", "sold": 12}]}' \\
    --options '{"formats": ["html"]}' --tag demo
  jobline submit report --upload prices.csv --watch
  echo '{"rows": [{"city": "Rome", "sold": 7}]}' | jobline submit report -
  jobline submit --ndjson < jobs.ndjson
`,
  options: {
    ...API_OPTIONS,
    ...{ file: STRING, upload: STRING, options: STRING, lane: STRING, key: STRING, tag: { type: 'string', multiple: true } },
    ...{ 'run-at': STRING, 'deadline-at': STRING, 'max-attempts': STRING },
    ...{ watch: { type: 'boolean' }, ndjson: { type: 'boolean' } },
  },
  words: ['TYPE?', 'INPUT?'],
  async run(values, terminal, [type, inline]) {
    const client = jobApi(values, terminal);
    if (values['ndjson'] === true) {
      if (type !== undefined) throw new UsageError('--ndjson reads types and inputs from the standard input.');
      return submitLines(client, values, terminal);
    }
    if (type === undefined) throw new UsageError('submit needs a TYPE.');
    const options = optionsOf(values);
    const accepted = await client.submit(type, await inputOf(client, values, terminal, inline), options);
    terminal.write(values['json'] === true ? `${JSON.stringify(accepted)}\n` : `${accepted.job_id}\n`);
    return values['watch'] === true ? watchToEnd(client, accepted.job_id, values, terminal) : ExitCode.done;
  },
};

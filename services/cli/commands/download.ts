import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { JoblineClient } from '../../../shared/client/index.ts';
import { CliError, type Command, ExitCode } from '../command.ts';
import { API_OPTIONS, API_OPTIONS_HELP, EXIT_CODES_HELP, jobApi } from '../job-api.ts';

/** Writes a file whole or not at all. */
async function save(client: JoblineClient, jobId: string, name: string, path: string): Promise<void> {
  const { body } = await client.download(jobId, name);
  const part = `${path}.part`;
  try {
    await pipeline(Readable.from(body), createWriteStream(part));
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** `jobline download`. */
export const downloadCommand: Command = {
  name: 'download',
  summary: "fetch a job's files",
  help: `Usage: jobline download JOB [NAME] [--to FOLDER] [options]

  NAME               one file; default: all
  --to FOLDER        where to write them, made if it is not there;
                     default: this folder
${API_OPTIONS_HELP}
A file that is there already is replaced once the new one is whole.
${EXIT_CODES_HELP}
Examples:
  jobline download 0193a5e0-7c1f-7000-8000-5b3d1c9a2f44
  jobline download 0193a5e0-7c1f-7000-8000-5b3d1c9a2f44 report.html --to out
`,
  options: { ...API_OPTIONS, to: { type: 'string' } },
  words: ['JOB', 'NAME?'],
  async run(values, terminal, [jobId, name]) {
    const client = jobApi(values, terminal);
    const outputs = await client.outputs(jobId!);
    const wanted = [...new Map(outputs.map((output) => [output.name, output])).values()].filter(
      (one) => name === undefined || one.name === name,
    );
    if (wanted.length === 0)
      throw new CliError(name === undefined ? 'The job has no files.' : `The job has no file ${JSON.stringify(name)}.`);
    const folder = String(values['to'] ?? '.');
    await mkdir(folder, { recursive: true });
    for (const output of wanted) {
      // The name is a server's: it must not lead out of the folder.
      const path = join(folder, basename(output.name));
      await save(client, jobId!, output.name, path);
      terminal.write(values['json'] === true ? `${JSON.stringify({ ...output, path })}\n` : `${path}\n`);
    }
    return ExitCode.done;
  },
};

import { createReadStream, createWriteStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FileGoneError } from '../domain/failures.ts';
import type { WorkedJob } from '../domain/job.ts';
import { committedOutputKeys } from '../domain/output-key.ts';
import type { OutputFile, OutputStore } from '../ports/output-store.ts';
import type { Artifact, TaskFile } from '../ports/stage-handler.ts';
import type { TaskFolders } from './scratch.ts';

const ARTIFACT_NAME = /^[A-Za-z0-9._-]{1,100}$/;
/** One artifact may have this many bytes. */
export const MAX_ARTIFACT_BYTES = 2 * 1_073_741_824;

/** An artifact that cannot be stored as the handler named it. */
export class BadArtifactError extends Error {}

/** Copies what a task may read into its folder: the job's upload and the outputs of committed stages, the latest winning. */
export async function stageFiles(outputs: OutputStore, record: WorkedJob, folders: TaskFolders, signal: AbortSignal): Promise<TaskFile[]> {
  const files: TaskFile[] = [];
  if (record.uploadId !== undefined) {
    const upload = await outputs.readUpload(record.uploadId);
    if (!upload) throw new FileGoneError(`The upload ${record.uploadId} is not stored any more.`);
    const path = join(folders.inDir, 'upload');
    await copyIn(outputs, upload.ref, path, signal);
    const { sizeBytes, mediaType, originalName } = upload;
    files.push({ name: 'upload', path, sizeBytes, mediaType, ...(originalName !== undefined && { originalName }) });
  }
  for (const file of await earlierOutputs(outputs, record)) {
    const path = join(folders.inDir, `stage-${file.name}`);
    await copyIn(outputs, file.ref, path, signal);
    files.push({ name: file.name, path, sizeBytes: file.sizeBytes, mediaType: file.mediaType });
  }
  return files;
}

async function earlierOutputs(outputs: OutputStore, record: WorkedJob): Promise<readonly OutputFile[]> {
  const keys = committedOutputKeys(record).filter(({ stage }) => stage < record.stage);
  if (keys.length === 0) return [];
  const found = await outputs.readOutputs(keys);
  const byName = new Map<string, OutputFile>();
  for (const output of [...found].sort((a, b) => a.stage - b.stage)) for (const file of output.files) byName.set(file.name, file);
  return [...byName.values()];
}

async function copyIn(outputs: OutputStore, ref: string, path: string, signal: AbortSignal): Promise<void> {
  await pipeline(await outputs.readFile(ref), createWriteStream(path), { signal });
}

/** Stores a handler's artifacts. @throws BadArtifactError for one that is missing, misnamed, too large or not a plain file. */
export async function storeArtifacts(
  outputs: OutputStore,
  artifacts: readonly Artifact[],
  folders: TaskFolders | undefined,
): Promise<OutputFile[]> {
  const stored: OutputFile[] = [];
  const names = new Set<string>();
  for (const artifact of artifacts) {
    if (!ARTIFACT_NAME.test(artifact.name))
      throw new BadArtifactError(`Artifact name ${JSON.stringify(artifact.name)} does not match ${ARTIFACT_NAME.source}.`);
    if (names.has(artifact.name)) throw new BadArtifactError(`Artifact ${artifact.name} was named twice.`);
    names.add(artifact.name);
    const content = artifact.data === undefined ? await openArtifact(artifact, folders) : Buffer.from(artifact.data);
    stored.push({ ...(await outputs.writeFile(artifact.name, artifact.mediaType, content)), audience: artifact.audience });
  }
  return stored;
}

async function openArtifact(artifact: Artifact, folders: TaskFolders | undefined) {
  if (!folders) throw new BadArtifactError(`Artifact ${artifact.name} has no data; inline handlers have no folder for files.`);
  const path = join(folders.outDir, artifact.name);
  const status = await lstat(path).catch(() => undefined);
  if (!status?.isFile()) throw new BadArtifactError(`Artifact ${artifact.name} is not a plain file in the output folder.`);
  if (status.size > MAX_ARTIFACT_BYTES)
    throw new BadArtifactError(`Artifact ${artifact.name} has ${status.size} bytes; the limit is ${MAX_ARTIFACT_BYTES}.`);
  return createReadStream(path);
}

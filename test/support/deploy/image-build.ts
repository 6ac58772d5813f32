import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { basename, delimiter, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { localModule } from '../local-stack.ts';
import { isDockerIgnored } from './docker-context.ts';
import type { DockerInstruction, DockerStage } from './dockerfile-stages.ts';

const run = promisify(execFile);
const PACKAGES = 'image-packages-';

interface Cache {
  readonly CACHE_FOLDER: string;
  cacheOnce(name: string, fill: (folder: string) => Promise<unknown>, log: (line: string) => void): Promise<string>;
}

async function shell(command: string, cwd: string): Promise<void> {
  const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  await run('sh', ['-c', command], { cwd, env: { ...process.env, PATH, npm_config_prefer_offline: 'true' }, maxBuffer: 100_000_000 });
}

/** What `npm ci` without development packages installs, kept between runs as long as package-lock.json is the same. */
async function productionPackages(command: string, workdir: string): Promise<string> {
  const { CACHE_FOLDER, cacheOnce } = await localModule<Cache>('install/cache.mjs');
  const hash = createHash('sha256')
    .update(command)
    .update(readFileSync(join(workdir, 'package-lock.json')))
    .digest('hex');
  const name = `${PACKAGES}${hash.slice(0, 12)}`;
  mkdirSync(CACHE_FOLDER, { recursive: true });
  const outdated = readdirSync(CACHE_FOLDER).filter((one) => one.startsWith(PACKAGES) && !one.startsWith(name));
  for (const one of outdated) rmSync(join(CACHE_FOLDER, one), { recursive: true, force: true });
  const fill = async (folder: string): Promise<void> => {
    for (const file of ['package.json', 'package-lock.json']) cpSync(join(workdir, file), join(folder, file));
    await shell(command, folder);
  };
  return join(await cacheOnce(name, fill, (line) => void process.stderr.write(`${line}\n`)), 'node_modules');
}

/** Does what Docker does with the instructions of deploy/Dockerfile, each stage in a folder of its own in place of a container. */
export class ImageBuild {
  readonly #folder: string;
  readonly #ignoreText: string;
  #workdir = '';

  /** @param folder where the stages go, as `0`, `1` and so on, or by their names */
  constructor(folder: string, ignoreText: string) {
    this.#folder = folder;
    this.#ignoreText = ignoreText;
  }

  /** @returns the folder of the last stage: the root of the image, with what was copied into it. */
  async build(stages: readonly DockerStage[]): Promise<string> {
    for (const [index, stage] of stages.entries()) {
      const root = join(this.#folder, stage.name ?? String(index));
      for (const instruction of stage.instructions) await this.#carryOut(instruction, root);
    }
    return join(this.#folder, stages.at(-1)!.name ?? String(stages.length - 1));
  }

  async #carryOut(instruction: DockerInstruction, root: string): Promise<void> {
    if (instruction.keyword === 'WORKDIR') {
      this.#workdir = join(root, instruction.args[0]!);
      mkdirSync(this.#workdir, { recursive: true });
    } else if (instruction.keyword === 'COPY') this.#copy(instruction);
    else if (instruction.keyword === 'RUN') await this.#run(instruction.text);
  }

  async #run(command: string): Promise<void> {
    const modules = join(this.#workdir, 'node_modules');
    // What belongs to the system is not done to this one; `npm ci` with all packages was done here from the same lock.
    if (/^apt-get /.test(command)) return;
    if (/^npm ci .*--include=dev/.test(command)) symlinkSync(join(projectRoot(), 'node_modules'), modules);
    else if (/^npm ci /.test(command)) symlinkSync(await productionPackages(command, this.#workdir), modules);
    else await shell(command, this.#workdir);
  }

  #copy({ args, from }: DockerInstruction): void {
    const target = args.at(-1)!;
    for (const source of args.slice(0, -1)) {
      const path = join(from === undefined ? projectRoot() : join(this.#folder, from), source).replace(/\/$/, '');
      const isFile = statSync(path).isFile();
      const to = join(this.#workdir, target, isFile && /[./]$/.test(target) ? basename(path) : '').replace(/\/$/, '');
      if (lstatSync(path).isSymbolicLink()) symlinkSync(realpathSync(path), to);
      else cpSync(path, to, { recursive: true, filter: (one) => from !== undefined || this.#isInContext(one) });
      if (!existsSync(to)) throw new Error(`COPY ${source}: nothing of it is in the build context`);
    }
  }

  #isInContext(path: string): boolean {
    return !isDockerIgnored(this.#ignoreText, relative(projectRoot(), path));
  }
}

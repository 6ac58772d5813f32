import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Copy, type Dockerfile, DockerfileParser, From, type Instruction, JSONInstruction, PropertyInstruction } from 'dockerfile-ast';
import { projectRoot } from '../../../shared/runtime/project-root.ts';

/** One instruction of a Dockerfile. */
export interface DockerInstruction {
  /** In capitals. */
  readonly keyword: string;
  readonly args: readonly string[];
  /** Of COPY: the stage that it takes from; undefined: the build context. */
  readonly from?: string;
  /** As it stands, continued lines joined. */
  readonly text: string;
}

export interface DockerStage {
  /** After AS; undefined for the last. */
  readonly name: string | undefined;
  readonly image: string;
  readonly instructions: readonly DockerInstruction[];
}

function argumentsOf(instruction: Instruction): readonly string[] {
  if (instruction instanceof PropertyInstruction) {
    return instruction.getProperties().map((property) => `${property.getName()}=${property.getValue()}`);
  }
  const list = instruction instanceof JSONInstruction ? instruction.getJSONStrings() : [];
  if (list.length > 0) return list.map((one) => one.getJSONValue());
  return instruction.getArguments().map((argument) => argument.getValue());
}

function instructionOf(instruction: Instruction): DockerInstruction {
  const from = instruction instanceof Copy ? instruction.getFromFlag()?.getValue() : undefined;
  return {
    keyword: instruction.getKeyword(),
    args: argumentsOf(instruction),
    ...(from && { from }),
    text: (instruction.getRawArgumentsContent() ?? '').replace(/\\\n\s*/g, ''),
  };
}

function imageOf(dockerfile: Dockerfile, from: From): string {
  const argument = from.getImage() ?? '';
  const name = /^\$\{?(\w+)\}?$/.exec(argument)?.[1];
  return name === undefined
    ? argument
    : (dockerfile
        .getInitialARGs()
        .find((arg) => arg.getProperty()?.getName() === name)
        ?.getProperty()
        ?.getValue() ?? '');
}

/** The stages of a Dockerfile, in order; the last is the image. */
export function dockerfileStages(text: string): readonly DockerStage[] {
  const dockerfile = DockerfileParser.parse(text);
  const stages: { name: string | undefined; image: string; instructions: DockerInstruction[] }[] = [];
  for (const instruction of dockerfile.getInstructions()) {
    if (instruction instanceof From) {
      stages.push({ name: instruction.getBuildStage() ?? undefined, image: imageOf(dockerfile, instruction), instructions: [] });
    } else stages.at(-1)?.instructions.push(instructionOf(instruction));
  }
  return stages;
}

/** Text of deploy/Dockerfile. */
export function dockerfileText(): string {
  return readFileSync(join(projectRoot(), 'deploy/Dockerfile'), 'utf8');
}

/** Variables that the image sets. */
export function imageEnvironment(stages: readonly DockerStage[]): Readonly<Record<string, string>> {
  const pairs =
    stages
      .at(-1)
      ?.instructions.filter(({ keyword }) => keyword === 'ENV')
      .flatMap(({ args }) => args) ?? [];
  return Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
}

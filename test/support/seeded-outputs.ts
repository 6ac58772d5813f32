import type { EngineWorld } from './engine-world.ts';

/** Stores what a claim of a job's first stage produced. @returns the reference of its one file. */
export async function seedOutput(world: EngineWorld, jobId: string, claim: string): Promise<string> {
  const file = await world.outputs.writeFile('a.txt', 'text/plain', Buffer.from('content'));
  await world.outputs.insertOutputs([{ jobId, stage: 0, claim, files: [{ ...file, audience: 'user' }] }]);
  return file.ref;
}

import { groupBy } from '../../../shared/domain/group-by.ts';
import type { BatchStageHandler, Outcome, StageTask } from '../../../shared/ports/stage-handler.ts';
import { summarizeGroup } from './summarize/summarize-group.ts';

/** Text of one request; a document that is longer goes alone. */
const MOST_CHARS = 60_000;
const NOT_SET: Outcome = {
  kind: 'retry',
  error: {
    code: 'model_not_set',
    message: 'This worker knows no model: SUMMARIZE_URL and SUMMARIZE_MODEL are not set.',
    errorClass: 'retry',
  },
};

/** Process 1 of `summarize`: asks an OpenAI-compatible endpoint for the summaries of many documents, several by one request. */
export const handleBatch: BatchStageHandler = async (tasks, { outside, signal }) => {
  const settings = outside?.summary;
  if (!outside || !settings) return tasks.map(() => NOT_SET);
  const outcomes = new Map<StageTask, Outcome>();
  // Never two tenants in one request: a document could ask for what another says.
  const alike = groupBy(tasks, ({ job, options }) => JSON.stringify([job.tenant, options]));
  const requests = [...alike.values()].flatMap((group) => requestsOf(group, settings.batchDocuments));
  await Promise.all(
    requests.map(async (group) => {
      const answers = await summarizeGroup({ outside, settings, signal }, group);
      for (const [index, task] of group.entries()) outcomes.set(task, answers[index]!);
    }),
  );
  return tasks.map((task) => outcomes.get(task)!);
};

function requestsOf(tasks: readonly StageTask[], most: number): readonly (readonly StageTask[])[] {
  const requests: StageTask[][] = [];
  let chars = 0;
  for (const task of tasks) {
    const { length } = (task.input as { readonly text: string }).text;
    const last = requests.at(-1);
    if (!last || last.length >= most || chars + length > MOST_CHARS) {
      requests.push([task]);
      chars = length;
    } else {
      last.push(task);
      chars += length;
    }
  }
  return requests;
}

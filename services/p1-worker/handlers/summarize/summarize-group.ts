import type { Outside, SummarySettings } from '../../../../shared/ports/outside.ts';
import type { Outcome, StageTask } from '../../../../shared/ports/stage-handler.ts';
import { type ChatAnswer, chat, type SummaryOptions } from './chat.ts';
import { sharesOf } from './token-shares.ts';

interface Asking {
  readonly outside: Outside;
  readonly settings: SummarySettings;
  readonly signal: AbortSignal;
}

/** Tokens that a job has used up before. */
interface Used {
  readonly input: number;
  readonly output: number;
}

const NONE: Used = { input: 0, output: 0 };

/** Summarizes documents of one tenant with equal options by one request; those that it leaves out by one each. Answers in order. */
export async function summarizeGroup(asking: Asking, tasks: readonly StageTask[]): Promise<readonly Outcome[]> {
  const texts = tasks.map(textOf);
  const options = tasks[0]!.options as SummaryOptions;
  const answer = await chat(asking.outside, asking.settings, { texts, options, signal: asking.signal });
  if (answer.kind !== 'text') return tasks.map((_, index) => notSummarized(answer, index));
  noteTokens(asking, answer);
  if (tasks.length === 1) return [done(asking.settings, answer.text, answer, 1)];
  const summaries = summariesOf(answer.text, tasks.length);
  const inputs = sharesOf(
    answer.input,
    texts.map(({ length }) => length),
  );
  const outputs = sharesOf(
    answer.output,
    summaries.map((summary) => summary?.length ?? 1),
  );
  return Promise.all(
    tasks.map((task, index) => {
      const used = { input: inputs[index]!, output: outputs[index]! };
      const summary = summaries[index];
      return summary === undefined ? alone(asking, task, used) : done(asking.settings, summary, used, tasks.length);
    }),
  );
}

async function alone(asking: Asking, task: StageTask, before: Used): Promise<Outcome> {
  const { outside, settings, signal } = asking;
  const answer = await chat(outside, settings, { texts: [textOf(task)], options: task.options as SummaryOptions, signal });
  if (answer.kind !== 'text') return notSummarized(answer, 0);
  noteTokens(asking, answer);
  return done(settings, answer.text, { input: before.input + answer.input, output: before.output + answer.output }, 1);
}

function noteTokens({ outside, settings }: Asking, used: Used): void {
  const cost = costOf(settings, used);
  outside.noteTokens({ model: settings.model, input: used.input, output: used.output, ...(cost !== undefined && { cost }) });
}

const textOf = (task: StageTask): string => (task.input as { readonly text: string }).text;

/** By number, from an answer that may have text around its JSON. */
function summariesOf(text: string, count: number): readonly (string | undefined)[] {
  let found: Readonly<Record<string, unknown>> = {};
  try {
    found = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as Readonly<Record<string, unknown>>;
  } catch {
    // Each is asked for alone then.
  }
  return Array.from({ length: count }, (_, id) => {
    const summary = Object.hasOwn(found, String(id)) ? found[String(id)] : undefined;
    return typeof summary === 'string' && summary.trim() !== '' ? summary.trim() : undefined;
  });
}

function costOf({ pricePerMillion: price }: SummarySettings, { input, output }: Used): number | undefined {
  return price && Number(((input * price.input + output * price.output) / 1e6).toFixed(9));
}

function done(settings: SummarySettings, summary: string, used: Used = NONE, documents = 1): Outcome {
  const cost = costOf(settings, used);
  const account = {
    model: settings.model,
    input_tokens: used.input,
    output_tokens: used.output,
    ...(cost !== undefined && { cost }),
    documents_in_request: documents,
  };
  const data = JSON.stringify({ summary, ...account });
  return {
    kind: 'done',
    artifacts: [{ name: 'model-answer.json', mediaType: 'application/json', audience: 'internal', data }],
    summary: account,
  };
}

/** @param index of the job within the request: the first of them are charged. */
function notSummarized(answer: Exclude<ChatAnswer, { kind: 'text' }>, index: number): Outcome {
  switch (answer.kind) {
    case 'held':
      return { kind: 'hold', afterMs: answer.afterMs };
    case 'failed': {
      if (index >= answer.charged) return { kind: 'hold', afterMs: answer.heldMs };
      const error = { code: 'model_failed', message: `The model's endpoint failed: ${answer.reason}`, errorClass: 'retry' } as const;
      return { kind: 'retry', error, ...(answer.retryAfterMs !== undefined && { afterMs: answer.retryAfterMs }) };
    }
    case 'unusable':
      return { kind: 'retry', error: { code: 'model_answer_unusable', message: answer.reason, errorClass: 'retry' } };
    case 'rejected':
    case 'refused':
      return { kind: 'reject', error: { code: 'model_rejected', message: answer.reason, errorClass: 'reject' } };
  }
}

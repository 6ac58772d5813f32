import { readFile } from 'node:fs/promises';
import type { StageHandler } from '../../../shared/ports/stage-handler.ts';

interface ModelAnswer {
  readonly summary: string;
  readonly model: string;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost?: number;
}

function isAnswer(value: unknown): value is ModelAnswer {
  const { summary, model } = (value ?? {}) as Partial<ModelAnswer>;
  return typeof summary === 'string' && summary !== '' && typeof model === 'string';
}

/** Process 2 of `summarize`: checks what the model said, and keeps it as text and as JSON with what it cost. */
export const handle: StageHandler = async ({ files, options, input }) => {
  const file = files.find(({ name }) => name === 'model-answer.json');
  const answer: unknown = file && JSON.parse(await readFile(file.path, 'utf8'));
  if (!isAnswer(answer)) {
    const message = 'The answer of the model that Process 1 stored is missing or damaged.';
    return { kind: 'reject', error: { code: 'stage_input_invalid', message, errorClass: 'reject' } };
  }
  const { max_words: maxWords } = options as { readonly max_words: number };
  const words = answer.summary.split(/\s+/).length;
  const counts = { words, is_longer_than_asked: words > maxWords, input_characters: (input as { readonly text: string }).text.length };
  return {
    kind: 'done',
    artifacts: [
      { name: 'summary.txt', mediaType: 'text/plain; charset=utf-8', audience: 'user', data: `${answer.summary}\n` },
      { name: 'summary.json', mediaType: 'application/json', audience: 'user', data: `${JSON.stringify({ ...answer, ...counts })}\n` },
    ],
    summary: counts,
  };
};

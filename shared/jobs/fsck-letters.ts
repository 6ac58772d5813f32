import type { Bell, JobRecord } from '../domain/job.ts';
import { walkAlone } from './dead-letter-lease.ts';
import type { FsckDeps, FsckOptions } from './fsck-deps.ts';

/** Letters of one queue looked at; of a queue with more, only the number is known. */
const MOST_LETTERS = 100_000;
/** The janitor's round, and another fsck's walk, end long before. */
const WAIT_FOR_WALK_MS = 300_000;
/** Publisher's and store's clocks may differ by so much. */
const MARGIN_MS = 10_000;

/** A letter that should not be there, by its key. */
export interface OddLetter {
  readonly rule: 'stale' | 'second_copy';
  readonly stageName: string;
  readonly stage: number;
  readonly bell: Bell;
  readonly detail: string;
}

/** What was met in all dead-letter queues. */
export interface LetterBook {
  /** Readable ones. */
  readonly met: number;
  readonly unreadable: ReadonlyMap<string, number>;
  /** By key. */
  readonly odd: ReadonlyMap<string, OddLetter>;
  /** Keys of those that were dropped. */
  readonly dropped: ReadonlySet<string>;
  /** Why a stage's letters are not known, by its name. */
  readonly unknown: ReadonlyMap<string, string>;
  /** Whether the dead letter of a FAILED job that owes none is missing. False where it cannot be told. */
  isMissing(record: JobRecord, stageName: string): boolean;
}

const keyOf = (id: string, gen: number, stage: number): string => `${id} ${gen} ${stage}`;

/**
 * Walks all dead-letter queues, each letter put back where it was taken from, as the janitor does.
 * @param drop keys of letters to take out if they still are as odd as that.
 */
export async function readLetters(deps: FsckDeps, options: FsckOptions, drop: ReadonlySet<string> = new Set()): Promise<LetterBook> {
  const reader = new LetterReader(deps, options, drop);
  const walked = await walkAlone(deps, { waitMs: WAIT_FOR_WALK_MS, signal: options.signal }, async (keepAlone) => {
    for (const stageName of deps.pipelines.stageNames()) await reader.walk(stageName, keepAlone);
    return true;
  });
  if (!walked) for (const stageName of deps.pipelines.stageNames()) reader.unknown.set(stageName, 'another walk held its lease');
  return reader;
}

class LetterReader implements LetterBook {
  met = 0;
  readonly unreadable = new Map<string, number>();
  readonly odd = new Map<string, OddLetter>();
  readonly dropped = new Set<string>();
  readonly unknown = new Map<string, string>();
  readonly #deps: FsckDeps;
  readonly #signal: AbortSignal;
  readonly #drop: ReadonlySet<string>;
  readonly #valid = new Set<string>();
  readonly #startedAt = new Map<string, Date>();

  constructor(deps: FsckDeps, { signal }: FsckOptions, drop: ReadonlySet<string>) {
    this.#deps = deps;
    this.#signal = signal;
    this.#drop = drop;
  }

  /** One that came after the walk began was not met, and is not missing. */
  isMissing({ id, gen, stage, pub, doneAt }: JobRecord, stageName: string): boolean {
    const startedAt = this.#startedAt.get(stageName);
    if (!startedAt || this.unknown.has(stageName)) return false;
    const since = pub?.at ?? doneAt;
    return !this.#valid.has(keyOf(id, gen, stage)) && (!since || since.getTime() < startedAt.getTime() - MARGIN_MS);
  }

  async walk(stageName: string, keepAlone: () => Promise<void>): Promise<void> {
    const { bus, store } = this.#deps;
    this.#startedAt.set(stageName, await store.serverTime());
    try {
      if ((await bus.deadLetterDepth(stageName)) > MOST_LETTERS) {
        this.unknown.set(stageName, `it holds more than ${MOST_LETTERS.toLocaleString('en-US')} letters`);
        return;
      }
      const { isUndisturbed } = await bus.walkDeadLetters(
        stageName,
        MOST_LETTERS,
        async (letter) => {
          this.#signal.throwIfAborted();
          await keepAlone();
          if (await this.#visit(stageName, letter.stage, letter.bell)) letter.drop();
          else await letter.keep();
        },
        {
          copy: ({ stage, bell }) => (this.#visitCopy(stageName, stage, bell) ? 'drop' : 'keep'),
          unreadable: () => this.unreadable.set(stageName, (this.unreadable.get(stageName) ?? 0) + 1),
        },
      );
      if (!isUndisturbed) this.unknown.set(stageName, 'somebody else took letters meanwhile');
    } catch (error) {
      this.#signal.throwIfAborted();
      this.unknown.set(stageName, error instanceof Error ? error.message : String(error));
    }
  }

  /** @returns true when it is to be dropped. */
  async #visit(stageName: string, stage: number, bell: Bell): Promise<boolean> {
    this.met += 1;
    const [record] = await this.#deps.store.read([bell.id], 'majority');
    const key = keyOf(bell.id, bell.gen, stage);
    if (isValid(record, stage, bell.gen)) {
      this.#valid.add(key);
      return false;
    }
    // A job that waits at the letter's own generation has lost its bell perhaps: the janitor rings it, and then drops the letter.
    const isStale = !record || bell.gen < record.gen || record.stage !== stage;
    if (!isStale) return false;
    return this.#isOdd(key, { rule: 'stale', stageName, stage, bell, detail: staleDetail(record, bell) });
  }

  #visitCopy(stageName: string, stage: number, bell: Bell): boolean {
    const key = keyOf(bell.id, bell.gen, stage);
    this.met += 1;
    if (!this.#valid.has(key)) return this.#drop.has(key) && this.odd.has(key);
    return this.#isOdd(`${key} copy`, { rule: 'second_copy', stageName, stage, bell, detail: 'a second letter of the same death' });
  }

  #isOdd(key: string, letter: OddLetter): boolean {
    this.odd.set(key, letter);
    if (!this.#drop.has(key)) return false;
    this.dropped.add(key);
    return true;
  }
}

function isValid(record: JobRecord | undefined, stage: number, gen: number): boolean {
  return record?.state === 'FAILED' && record.stage === stage && record.gen === gen;
}

function staleDetail(record: JobRecord | undefined, { gen }: Bell): string {
  return record ? `its job is ${record.state} at generation ${record.gen}, the letter is of ${gen}` : 'its job is gone';
}

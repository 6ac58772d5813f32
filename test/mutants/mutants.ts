import type { Edit, Mutant } from './mutant.ts';

const TRANSITIONS = 'shared/domain/transitions.ts';
const DOORBELL = 'shared/domain/doorbell.ts';
const WORK_STAGE = 'shared/jobs/work-stage.ts';
const STAGE_ENGINE = 'shared/jobs/stage-engine.ts';
const FINISH_STAGE = 'shared/jobs/finish-stage.ts';
const CLAIM_BELLS = 'shared/jobs/claim-bells.ts';
const BELL_TICKET = 'shared/jobs/bell-ticket.ts';
const SUBMIT_JOB = 'shared/jobs/submit-job.ts';
const RELAY_DUE = 'shared/jobs/relay-due.ts';
const RINGER = 'shared/jobs/ringer.ts';
const TELL_ENDS = 'shared/jobs/tell-ends.ts';
const TURNS = 'shared/jobs/turns/turns.ts';

const simulation = { kind: 'simulation' } as const;
const tierA = (...groups: readonly string[]) => ({ kind: 'tier-a', groups }) as const;

const TELL_TESTS = { kind: 'tests', files: ['test/unit/shared/jobs/tell-ends.test.ts'] } as const;

/** No simulated job has a limit. */
const TURNS_TESTS = {
  kind: 'tests',
  files: ['test/unit/shared/jobs/turns/turns.test.ts', 'test/unit/shared/jobs/turns/turns-chaos.test.ts'],
} as const;

function mutant(name: string, what: string, edits: readonly Edit[], by: Mutant['by'] = simulation): Mutant {
  return { name, what, edits, by };
}

/** A change of one file. */
const edit = (file: string, find: string, replace: string): Edit => ({ file, find, replace });

/** Breaks of the protocol, each of which simulation, chaos tier A or tests have to notice. */
export const MUTANTS: readonly Mutant[] = [
  mutant('no-fence', 'A commit does not ask whether its claim still holds the record.', [
    edit(
      TRANSITIONS,
      "  name: 'commit',\n  when: { state: 'RUNNING', claim: terms.claim },",
      "  name: 'commit',\n  when: { state: 'RUNNING' },",
    ),
  ]),
  mutant('no-fence-at-fail', 'A failed attempt is written whoever holds the record.', [
    edit(
      TRANSITIONS,
      "  name: 'fail',\n  when: { state: 'RUNNING', claim: terms.claim },",
      "  name: 'fail',\n  when: { state: 'RUNNING' },",
    ),
  ]),
  mutant('no-gen-check', 'A claim does not ask for the generation of its bell.', [
    edit(
      TRANSITIONS,
      "  when: { state: 'QUEUED', stage: terms.stage, gen: terms.gen },\n  unset: ['pub'],",
      "  when: { state: 'QUEUED', stage: terms.stage },\n  unset: ['pub'],",
    ),
  ]),
  mutant('claim-from-retry-wait', 'A claim also takes a job that waits for its retry.', [
    edit(
      TRANSITIONS,
      "  when: { state: 'QUEUED', stage: terms.stage, gen: terms.gen },\n  unset: ['pub'],",
      "  when: { state: ['QUEUED', 'RETRY_WAIT'], stage: terms.stage },\n  unset: ['pub'],",
    ),
  ]),
  mutant('ack-before-commit', 'The bell is acknowledged before the commit is written.', [
    edit(
      WORK_STAGE,
      '  const outcomes = await finishBatch(',
      '  for (const one of group) one.won.ticket.settle();\n  const outcomes = await finishBatch(',
    ),
  ]),
  mutant('ack-before-claim', 'The bell is acknowledged when it arrives.', [
    edit(STAGE_ENGINE, '    for (const ticket of tickets) {\n', '    for (const ticket of tickets) {\n      ticket.settle();\n'),
  ]),
  mutant('no-relay', 'Bells that were not rung are never rung later.', [
    edit(
      RELAY_DUE,
      "      const due = await store.find({ kind: 'due', lateMs }, batch);",
      "      const due = (await store.find({ kind: 'due', lateMs }, batch)).filter(({ state }) => state !== 'QUEUED');",
    ),
  ]),
  mutant('no-audit', 'The audit looks and does nothing.', [
    edit(
      'shared/jobs/audit-lost-bells.ts',
      "rearm(record.gen, deps.clock.uuid(), 0, 'audit')",
      "rearm(record.gen - 1, deps.clock.uuid(), 0, 'audit')",
    ),
  ]),
  mutant('accepted-before-durable', 'A submission is answered before its insert is durable.', [
    edit(
      SUBMIT_JOB,
      '    const outcomes = await this.#deps.store.insert(jobs);',
      "    const early = this.#deps.clock.sleep(10).then(() => jobs.map((): InsertOutcome => ({ kind: 'inserted', createdAt: new Date(0) })));\n    const outcomes = await Promise.race([this.#deps.store.insert(jobs), early]);",
    ),
  ]),
  mutant('lost-unknown-insert', 'An insert of unknown outcome is answered as accepted.', [
    edit(
      SUBMIT_JOB,
      '    const outcomes = await this.#deps.store.insert(jobs);',
      "    const outcomes = await this.#deps.store.insert(jobs).catch(() => jobs.map((): InsertOutcome => ({ kind: 'inserted', createdAt: new Date(0) })));",
    ),
  ]),
  mutant('lost-unknown-commit', 'A commit of unknown outcome counts as applied.', [
    edit(
      FINISH_STAGE,
      "      if ((await store.apply([id], transition)) === 1) return 'applied';\n    } catch (error) {\n      if (!(error instanceof StoreUnavailableError)) throw error;",
      "      if ((await store.apply([id], transition)) === 1) return 'applied';\n    } catch (error) {\n      if (error instanceof StoreUnavailableError) return 'applied';\n      throw error;",
    ),
  ]),
  mutant('lost-unknown-claim', 'A claim that turns out to be won after all is not worked.', [
    edit(
      CLAIM_BELLS,
      '        return wonBy(ticket, { record: record! }, claimId, claimedAtMs);',
      '        void claimedAtMs;\n        ticket.settle();\n        return undefined;',
    ),
  ]),
  mutant('no-lease-check', 'A lease that was renewed between the look and the write is taken away all the same.', [
    edit(
      TRANSITIONS,
      "  name: 'lease_lost',\n  when: { state: 'RUNNING', claim: terms.claim, leaseExpired: true },",
      "  name: 'lease_lost',\n  when: { state: 'RUNNING', claim: terms.claim },",
    ),
  ]),
  mutant('no-claim-at-lease-lost', "Another's new claim is taken away with an old one's lease.", [
    edit(
      TRANSITIONS,
      "  name: 'lease_lost',\n  when: { state: 'RUNNING', claim: terms.claim, leaseExpired: true },",
      "  name: 'lease_lost',\n  when: { state: 'RUNNING' },",
    ),
  ]),
  mutant('no-heartbeat', 'Leases are never renewed: a long stage is started twice.', [
    edit(
      'shared/jobs/claim-keeper.ts',
      '      if (!this.#stopped.signal.aborted && this.#held.size > 0) await this.#renew([...this.#held]);',
      '      if (this.#stopped.signal.aborted && this.#held.size > 0) await this.#renew([...this.#held]);',
    ),
  ]),
  mutant('retry-without-gen', 'A retry keeps the generation: the old bell starts it before its time.', [
    edit(
      TRANSITIONS,
      "  set: { state: 'RETRY_WAIT', err: literal(terms.error), ...owed(terms.token, terms.afterMs) },\n  inc: { gen: 1 },",
      "  set: { state: 'RETRY_WAIT', err: literal(terms.error), ...owed(terms.token, terms.afterMs) },",
    ),
  ]),
  mutant('replay-by-stale-bell', 'Any old bell of a failed job replays it.', [
    edit(
      DOORBELL,
      "  if (bell.gen < record.gen || record.stage !== stage) return 'stale';",
      "  if (record.state !== 'FAILED' && (bell.gen < record.gen || record.stage !== stage)) return 'stale';",
    ),
    edit(CLAIM_BELLS, '  const { id, gen } = ticket.bell;', '  const { id } = ticket.bell;\n  const { gen } = record;'),
  ]),
  mutant('replay-keeps-run', 'A replay keeps the number of its run.', [
    edit(TRANSITIONS, '  inc: { gen: 1, run: 1 },', '  inc: { gen: 1 },'),
  ]),
  mutant('expire-at-kept', 'A replayed job keeps the time at which it is removed.', [
    edit(TRANSITIONS, "  unset: [...HELD, 'startedAt', 'pub', 'expireAt', 'doneAt',", "  unset: [...HELD, 'startedAt', 'pub', 'doneAt',"),
  ]),
  mutant('pub-to-kept', "A replayed job's debt goes on to the dead letters.", [
    edit(
      TRANSITIONS,
      "  unset: [...HELD, 'startedAt', 'pub', 'expireAt', 'doneAt',",
      "  unset: [...HELD, 'startedAt', 'expireAt', 'doneAt',",
    ),
  ]),
  mutant('claim-kept', 'A job whose lease is lost keeps the claim.', [
    edit(
      TRANSITIONS,
      "leaseExpired: true },\n  unset: [...HELD, 'startedAt', 'pub'],",
      "leaseExpired: true },\n  unset: ['startedAt', 'pub'],",
    ),
  ]),
  mutant('mark-without-token', 'A late mark erases a later debt.', [
    edit(
      TRANSITIONS,
      "  when: { state: 'QUEUED', pubBy: tokens },\n  unset: ['pub.due'],",
      "  when: { state: 'QUEUED' },\n  unset: ['pub.due'],",
    ),
    edit(
      TRANSITIONS,
      'export const mark = (tokens: readonly string[]): Transition => ({',
      'export const mark = (_tokens: readonly string[]): Transition => ({',
    ),
  ]),
  mutant('mark-unconfirmed', 'A bell is marked as rung though the broker has not confirmed it.', [
    edit(RINGER, '      this.#marks.add(confirmed, ', '      this.#marks.add(rings, '),
  ]),
  mutant('early-bell-marked', 'An early bell is marked as delivered although its commit came so late that a worker may have given it up.', [
    edit(RINGER, 'const EARLY_SURE_MS = 300;', 'const EARLY_SURE_MS = 300_000;'),
  ]),
  mutant('retry-wait-not-queued', 'The relay rings a job that waits for its retry and leaves it waiting.', [
    edit(
      RELAY_DUE,
      '    const taken = await this.#take(ids, take(token), token);',
      "    const { state: _, ...set } = take(token).set as Record<string, never>;\n    const form = due.every(({ state }) => state === 'RETRY_WAIT') ? { ...take(token), set } : take(token);\n    const taken = await this.#take(ids, form, token);",
    ),
  ]),
  mutant('take-before-due', 'The relay takes a debt whose time was moved to later since it was found.', [
    edit(
      TRANSITIONS,
      "  when: { state: ['QUEUED', 'SCHEDULED', 'RETRY_WAIT'], pubDue: true, pubTo: 'none' },",
      "  when: { state: ['QUEUED', 'SCHEDULED', 'RETRY_WAIT'], pubTo: 'none' },",
    ),
  ]),
  mutant('output-by-epoch', 'Outputs are keyed by epoch: after a fail-over two claims have the same.', [
    edit(
      WORK_STAGE,
      '  return { jobId: id, stage, claim: won.claim, files',
      '  return { jobId: id, stage, claim: String(won.record.epoch + (won.isFused ? 1 : 0)), files',
    ),
    edit(
      'shared/domain/output-key.ts',
      'results.map(({ stage, claim }) => ({ jobId: id, stage, claim }))',
      'results.map(({ stage, epoch }) => ({ jobId: id, stage, claim: String(epoch) }))',
    ),
  ]),
  mutant('crash-charged-to-batch', 'A job that has crashed a worker is worked together with others, which pay for its crashes.', [
    edit(STAGE_ENGINE, '      if (crashes > 0 || !spec', '      if (crashes > 99 || !spec'),
  ]),
  mutant('ack-on-local-claim', "A bell is acknowledged on another's claim that a fail-over may undo.", [
    edit(BELL_TICKET, "store.read([ticket.bell.id], 'majority')", "store.read([ticket.bell.id], 'local')"),
  ]),
  mutant('ack-on-own-claim', 'After a fence miss the bell is acknowledged though the claim may be rolled back.', [
    edit(
      WORK_STAGE,
      "  if (outcome === 'applied') won.ticket.settle();",
      "  if (outcome === 'applied' || outcome === 'read_back') won.ticket.settle();",
    ),
  ]),
  mutant('read-back-by-majority', 'What became of a write is read by majority: the own w:1 claim is not there yet.', [
    edit(FINISH_STAGE, "store.read([id], 'local')", "store.read([id], 'majority')"),
  ]),
  mutant('no-rearm-after-fence-miss', 'A bell whose claim was rolled back is acknowledged without being owed again.', [
    edit(
      BELL_TICKET,
      '    if (owedAgain === 1) return ticket.settle();',
      '    if (owedAgain === 1) return ticket.settle();\n    if (!closed.aborted) return ticket.settle();',
    ),
  ]),
  mutant('letter-by-state-alone', 'The janitor keeps any letter of a failed job, whatever its generation.', [
    edit(
      'shared/jobs/tend-dead-letters.ts',
      "  return record?.state === 'FAILED' && record.stage === stage && record.gen === gen;",
      "  return record?.state === 'FAILED' && record.stage === stage && record.gen >= gen;",
    ),
  ]),
  mutant('dead-letter-not-owed', 'A dead letter is marked before the broker has it.', [
    edit(
      RELAY_DUE,
      "    const confirmed = taken.filter((_, index) => outcomes[index] === 'confirmed');\n    if (failpoints",
      '    const confirmed = taken.filter((_, index) => outcomes[index] !== undefined);\n    if (failpoints',
    ),
  ]),
  mutant('event-marked-unsent', 'An event is marked as sent whatever the broker answered.', [
    edit('shared/jobs/publish-events.ts', "outcomes[index] === 'confirmed'", 'outcomes[index] !== undefined'),
  ]),
  mutant('told-undurable', 'A worker tells ends that it has only read back, or that were fenced.', [
    edit(TELL_ENDS, "    const durable = ends.filter(({ outcome }) => outcome === 'applied');", '    const durable = ends;'),
  ]),
  mutant('told-unconfirmed', 'A worker marks what it has told whatever the broker answered.', [
    edit(
      TELL_ENDS,
      '      const { confirmed } = await this.#publish(durable);\n',
      '      const { confirmed: sure, others } = await this.#publish(durable);\n      const confirmed = [...sure, ...others];\n',
    ),
  ]),
  mutant(
    'note-told-in-part',
    'A worker removes a note of which not all events were confirmed.',
    [edit(TELL_ENDS, '      if (others.length === 0) this.#notes', '      if (others.length < ends.length) this.#notes')],
    TELL_TESTS,
  ),
  mutant(
    'callback-told-early',
    'A worker tells ends whose callbacks nobody owes yet.',
    [edit(TELL_ENDS, 'records.every(({ callback }) => callback === undefined)', 'records.length > 0')],
    TELL_TESTS,
  ),
  mutant('noted-too-late', 'A commit leaves its event to a note that is not stored yet.', [
    edit(
      'shared/jobs/note-ends.ts',
      'isStored ?? within(deps, storing)',
      'isStored ?? (await Promise.race([within(deps, storing), true]))',
    ),
  ]),
  mutant('note-dropped-early', 'A note is forgotten while its commit may come yet.', [
    edit('shared/domain/event-note.ts', "if (record.gen <= gen) return 'open';", "if (record.gen <= gen) return 'none';"),
  ]),
  mutant('cancel-leaves-claim', 'A canceled job keeps its claim, and its holder commits it.', [
    edit(
      TRANSITIONS,
      "  name: 'commit',\n  when: { state: 'RUNNING', claim: terms.claim },",
      "  name: 'commit',\n  when: { claim: terms.claim },",
    ),
    edit(
      TRANSITIONS,
      "  when: { active: true, state: ACTIVE_STATES },\n  unset: [...HELD, 'startedAt', 'active', 'pub'],",
      "  when: { active: true, state: ACTIVE_STATES },\n  unset: ['startedAt', 'active', 'pub'],",
    ),
  ]),
  mutant(
    'ack-on-another-channel',
    'An acknowledgement goes to whatever channel is open now.',
    [
      edit(
        'shared/rabbit/queue-consumer.ts',
        '        ack: () => acks.settle(deliveryTag),',
        '        ack: () => (this.#acks ?? acks).settle(deliveryTag),',
      ),
    ],
    tierA('directed'),
  ),
  mutant(
    'ack-past-unfinished',
    'Acknowledging `multiple` goes past a message that is still under work.',
    [edit('shared/rabbit/ack-batcher.ts', '      this.#ack(tag, 1);', '      this.#ack(tag, 2);')],
    tierA('directed'),
  ),
  mutant(
    'place-before-commit',
    'The place of a limit is given back once the handler has ended, before its end is written.',
    [
      edit(
        WORK_STAGE,
        '    else await conclude(deps, [await runTask(deps, work, false)]);',
        '    else {\n      const ended = await runTask(deps, work, false);\n      if (turn) await deps.turns!.giveBack(turn);\n      await conclude(deps, [ended]);\n    }',
      ),
    ],
    TURNS_TESTS,
  ),
  mutant(
    'place-shorter-than-lease',
    'A place of a limit is over while the lease of its holder lives.',
    [edit(TURNS, 'Math.round((leaseMs * 4) / 3)', 'Math.round(leaseMs / 4)')],
    TURNS_TESTS,
  ),
  mutant(
    'place-lost-unnoticed',
    "A holder whose place has become another's goes on.",
    [edit(TURNS, "        else turn.held?.stop.stop('claim_lost');\n", '')],
    TURNS_TESTS,
  ),
  mutant(
    'place-unguarded',
    'A holder whose places could not be renewed for long goes on.',
    [edit(TURNS, "if (turn.renewedAtMs < oldest) turn.held?.stop.stop('claim_lost');", 'void [turn, oldest];')],
    TURNS_TESTS,
  ),
  mutant(
    'no-call-at-give-back',
    'Who gives a place back calls nobody.',
    [edit(TURNS, '        await passTurns(this.#deps, name, limits());\n', '        void limits;\n')],
    TURNS_TESTS,
  ),
  mutant(
    'no-look-after-wait',
    'Who hands a job back to wait does not look whether a place has become free meanwhile.',
    [edit(WORK_STAGE, '  await deps.turns!.lookAgain(missed);\n', '')],
    TURNS_TESTS,
  ),
];

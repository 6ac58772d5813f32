import { defineJobType, Pipelines } from '../../shared/domain/pipeline.ts';
import type { Isolation } from '../../shared/ports/job-type-module.ts';
import type { SimType } from './plan.ts';

const RETRY = { maxAttempts: 3, baseDelayMs: 1_000, maxDelayMs: 8_000 };
const timeoutMs = 60_000;

/** `slots`: handlers of their own in both stages. `inline`: in batches. `fused`: inline, and may run twice. `lone`: one stage, a slot of its own. */
export const PIPELINES = new Pipelines([
  defineJobType('slots', [
    { name: 'p1', timeoutMs, retry: RETRY },
    { name: 'p2', timeoutMs, retry: RETRY },
  ]),
  defineJobType('inline', [
    { name: 'p1', timeoutMs, retry: RETRY, isInline: true },
    { name: 'p2', timeoutMs, retry: RETRY, isInline: true },
  ]),
  defineJobType('fused', [
    { name: 'p1', timeoutMs, retry: RETRY, isInline: true },
    { name: 'p2', timeoutMs, retry: RETRY, isInline: true },
  ]),
  defineJobType('lone', [{ name: 'p1', timeoutMs, retry: RETRY }]),
]);

export const ISOLATION: Readonly<Record<SimType, Isolation>> = { slots: 'process', inline: 'inline', fused: 'inline', lone: 'thread' };

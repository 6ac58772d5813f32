import type { JobPayload, JobRecord } from '../job.ts';
import { mapStrings } from '../schedule/job-template.ts';
import type { JobTemplate } from '../schedule/schedule.ts';
import { ZoneClock } from '../schedule/zone-clock.ts';

/** What a template of a batch rule may name in double braces; docs/operations.md says what each is. */
export const BATCH_PLACEHOLDERS = ['job.id', 'job.type', 'job.created_at', 'run.id', 'run.at', 'run.date', 'rule.id', 'rule.name'] as const;
type Placeholder = (typeof BATCH_PLACEHOLDERS)[number];
type Values = Readonly<Record<Placeholder, string>>;

/** Strings that are nothing but one of these become what the job was given. */
export const WHOLE_PLACEHOLDERS = ['job.input', 'job.options'] as const;

const IN_BRACES = /\{\{([^{}]*)\}\}/g;
const WHOLE = /^\{\{\s*job\.(input|options)\s*\}\}$/;

/** What fills a template for one job. */
export interface TemplateFacts {
  readonly job: Pick<JobRecord, 'id' | 'type' | 'createdAt'>;
  readonly runId: string;
  readonly at: Date;
  readonly timeZone: string;
  readonly ruleId: string;
  readonly ruleName: string;
}

function valuesOf({ job, runId, at, timeZone, ruleId, ruleName }: TemplateFacts): Values {
  return {
    'job.id': job.id,
    'job.type': job.type,
    'job.created_at': job.createdAt.toISOString(),
    'run.id': runId,
    'run.at': at.toISOString(),
    'run.date': new ZoneClock(timeZone).localText(at.getTime()).slice(0, 10),
    'rule.id': ruleId,
    'rule.name': ruleName,
  };
}

function isPlaceholder(name: string): name is Placeholder {
  return (BATCH_PLACEHOLDERS as readonly string[]).includes(name);
}

/** Names in double braces that are no placeholders, or not where they may stand, each once. */
export function unknownBatchPlaceholders({ input, options }: Pick<JobTemplate, 'input' | 'options'>): readonly string[] {
  const unknown = new Set<string>();
  mapStrings([input, options], (text) => {
    if (WHOLE.test(text)) return text;
    for (const [, name = ''] of text.matchAll(IN_BRACES)) if (!isPlaceholder(name.trim())) unknown.add(name.trim());
    return text;
  });
  return [...unknown];
}

/** Whether a template takes over what a job was given, so that it cannot be checked without one. */
export function takesPayload({ input, options }: Pick<JobTemplate, 'input' | 'options'>): boolean {
  let takes = false;
  mapStrings([input, options], (text) => {
    takes ||= WHOLE.test(text);
    return text;
  });
  return takes;
}

/** `value` filled in for a job; keys stay as they are, and what is filled in is not looked at again. */
export function filledForJob(value: unknown, facts: TemplateFacts, payload: JobPayload | undefined): unknown {
  const values = valuesOf(facts);
  return mapStrings(value, (text) => {
    const whole = WHOLE.exec(text);
    if (whole) return payload?.[whole[1] as 'input' | 'options'];
    return text.replace(IN_BRACES, (braces, name: string) => (isPlaceholder(name.trim()) ? values[name.trim() as Placeholder] : braces));
  });
}

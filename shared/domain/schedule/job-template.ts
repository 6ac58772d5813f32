import type { JobTemplate, TickKind } from './schedule.ts';
import { ZoneClock } from './zone-clock.ts';

/** What a template may name in double braces; docs/schedules.md says what each is. */
export const PLACEHOLDERS = [
  'tick.scheduled_at',
  'tick.date',
  'tick.time',
  'tick.unix',
  'tick.id',
  'tick.kind',
  'schedule.id',
  'schedule.name',
] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];

/** What the placeholders of one tick stand for. */
export type PlaceholderValues = Readonly<Record<Placeholder, string>>;

const IN_BRACES = /\{\{([^{}]*)\}\}/g;

/** What fills the placeholders for a tick. */
export interface TickFacts {
  readonly id: string;
  readonly at: Date;
  readonly kind: TickKind;
  readonly timeZone: string;
  readonly scheduleId: string;
  readonly scheduleName: string;
}

/** The values for one tick; date and time are those of the schedule's time zone. */
export function placeholderValues({ id, at, kind, timeZone, scheduleId, scheduleName }: TickFacts): PlaceholderValues {
  const local = new ZoneClock(timeZone).localText(at.getTime());
  return {
    'tick.scheduled_at': at.toISOString(),
    'tick.date': local.slice(0, 10),
    'tick.time': local.slice(11, 19),
    'tick.unix': String(Math.floor(at.getTime() / 1_000)),
    'tick.id': id,
    'tick.kind': kind,
    'schedule.id': scheduleId,
    'schedule.name': scheduleName,
  };
}

function isPlaceholder(name: string): name is Placeholder {
  return (PLACEHOLDERS as readonly string[]).includes(name);
}

/** A value with every string in it changed; keys stay as they are. */
export function mapStrings(value: unknown, change: (text: string) => unknown): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, change)]));
}

/** Names in double braces that are no placeholders, each once. */
export function unknownPlaceholders({ input, options }: Pick<JobTemplate, 'input' | 'options'>): readonly string[] {
  const unknown = new Set<string>();
  mapStrings([input, options], (text) => {
    for (const [, name = ''] of text.matchAll(IN_BRACES)) if (!isPlaceholder(name.trim())) unknown.add(name.trim());
    return text;
  });
  return [...unknown];
}

/** `value` with the placeholders in its strings filled in; keys stay as they are, and what is filled in is not looked at again. */
export function filledIn(value: unknown, values: PlaceholderValues): unknown {
  return mapStrings(value, (text) =>
    text.replace(IN_BRACES, (braces, name: string) => (isPlaceholder(name.trim()) ? values[name.trim() as Placeholder] : braces)),
  );
}

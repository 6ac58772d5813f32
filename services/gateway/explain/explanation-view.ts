import type { CodedReason, Explanation } from '../../../shared/domain/explain/explain-job.ts';

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The same with the names of its fields as JSON has them. */
function inJson(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(inJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [snakeCase(name), inJson(field)]));
}

function reasonView({ next: _, ...reason }: CodedReason): unknown {
  return inJson(reason);
}

/** An explanation as GET /v1/jobs/{id}/explain shows it. */
export function explanationView({ summary, reasons, next }: Explanation): Readonly<Record<string, unknown>> {
  return { summary, reasons: reasons.map(reasonView), next };
}

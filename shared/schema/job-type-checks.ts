import type { PayloadCheck, PayloadChecks } from '../domain/payload-check.ts';
import type { ShippedJobType } from '../domain/pipeline.ts';
import { reportInput, reportOptions, reportOptionsOf } from './report.ts';
import { schemaProblems } from './schema-problems.ts';

type Check = (payload: { readonly input: unknown; readonly options: unknown }) => PayloadCheck;

/** What it needs of a type of the user's own (shared/ports/job-type-module.ts). */
interface OwnType {
  readonly spec: { readonly name: string; readonly version: number };
  readonly check: Check;
}

const checkReport: Check = ({ input, options }) => {
  const checkedInput = reportInput.safeParse(input);
  const checkedOptions = reportOptions.safeParse(options ?? {});
  if (checkedInput.success && checkedOptions.success) {
    const { upload_id: uploadId } = checkedInput.data;
    return {
      ok: true,
      input: checkedInput.data,
      options: reportOptionsOf(checkedOptions.data),
      ...(uploadId !== undefined && { uploadId }),
    };
  }
  return {
    ok: false,
    problems: [
      ...(checkedInput.success ? [] : schemaProblems(checkedInput.error, ['input'])),
      ...(checkedOptions.success ? [] : schemaProblems(checkedOptions.error, ['options'])),
    ],
  };
};

/** What a submission of each shipped type must look like. A type added to the pipeline table does not compile until it stands here. */
const SHIPPED_CHECKS = {
  report: checkReport,
} satisfies Record<ShippedJobType, Check>;

/** The checks of all job types: those that ship and the user's own. */
export class JobTypeChecks implements PayloadChecks {
  readonly #byName: ReadonlyMap<string, Check>;

  constructor(own: readonly OwnType[] = []) {
    this.#byName = new Map<string, Check>([
      ...Object.entries(SHIPPED_CHECKS),
      // Of several versions the newest counts: new jobs are of it.
      ...own
        .toSorted((a, b) => a.spec.version - b.spec.version)
        .map((type) => [type.spec.name, (payload: Parameters<Check>[0]) => type.check(payload)] as const),
    ]);
  }

  names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** @returns undefined when there is no such type. */
  check(type: string, payload: { readonly input: unknown; readonly options: unknown }): PayloadCheck | undefined {
    return this.#byName.get(type)?.(payload);
  }
}

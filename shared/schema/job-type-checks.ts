import type { PayloadCheck, PayloadChecks } from '../domain/payload-check.ts';
import type { ShippedJobType } from '../domain/pipeline.ts';
import { checkHttp, checkSummarize, type OutsideSetUp } from './outside-jobs.ts';
import { reportInput, reportOptions, reportOptionsOf } from './report.ts';
import { schemaProblems } from './schema-problems.ts';

type Payload = { readonly input: unknown; readonly options: unknown };
type Check = (payload: Payload, outside: OutsideSetUp) => PayloadCheck;

const NOTHING_SET_UP: OutsideSetUp = { endpoints: new Set(), hasModel: false };

/** What it needs of a type of the user's own (shared/ports/job-type-module.ts). */
interface OwnType {
  readonly spec: { readonly name: string; readonly version: number };
  readonly check: (payload: Payload) => PayloadCheck;
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
  http: checkHttp,
  summarize: checkSummarize,
} satisfies Record<ShippedJobType, Check>;

/** The checks of all job types: those that ship and the user's own. */
export class JobTypeChecks implements PayloadChecks {
  readonly #byName: ReadonlyMap<string, Check>;
  readonly #outside: OutsideSetUp;

  constructor(own: readonly OwnType[] = [], outside: OutsideSetUp = NOTHING_SET_UP) {
    this.#outside = outside;
    this.#byName = new Map<string, Check>([
      ...Object.entries(SHIPPED_CHECKS),
      // Of several versions the newest counts: new jobs are of it.
      ...own
        .toSorted((a, b) => a.spec.version - b.spec.version)
        .map((type) => [type.spec.name, (payload: Payload) => type.check(payload)] as const),
    ]);
  }

  names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** @returns undefined when there is no such type. */
  check(type: string, payload: { readonly input: unknown; readonly options: unknown }): PayloadCheck | undefined {
    return this.#byName.get(type)?.(payload, this.#outside);
  }
}

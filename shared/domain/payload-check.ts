/** One problem of an input, with a JSON pointer into the request body. */
export interface InputProblem {
  readonly pointer: string;
  readonly detail: string;
}

/** Answer of a type's validation: the payload with defaults filled in, or what is wrong with it. */
export type PayloadCheck =
  | { readonly ok: true; readonly input: unknown; readonly options: unknown; readonly uploadId?: string }
  | { readonly ok: false; readonly problems: readonly InputProblem[] };

/** Checks `input` and `options` of submissions by the rules of their types. */
export interface PayloadChecks {
  names(): readonly string[];
  /** @returns undefined when there is no such type. */
  check(type: string, payload: { readonly input: unknown; readonly options: unknown }): PayloadCheck | undefined;
}

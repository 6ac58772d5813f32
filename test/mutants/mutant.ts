/** One change of a source file; `find` stands in it exactly once. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A break of the protocol that the proof must notice. */
export interface Mutant {
  /** Kebab-case; names it on the command line. */
  readonly name: string;
  /** What is broken, in a sentence. */
  readonly what: string;
  /** Most are one line; some guards are double, and both have to go. */
  readonly edits: readonly Edit[];
  /**
   * Who has to notice: thousands of simulated schedules, the real processes of chaos tier A (its groups of cases to run), or tests
   * that need no server (their files), for what neither of the two has.
   */
  readonly by:
    | { readonly kind: 'simulation' }
    | { readonly kind: 'tier-a'; readonly groups: readonly string[] }
    | { readonly kind: 'tests'; readonly files: readonly string[] };
}

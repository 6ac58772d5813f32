/** A place to be taken. */
export interface WantedPlace {
  /** Of the limit. */
  readonly name: string;
  readonly jobId: string;
  readonly claim: string;
  /** How many there are. */
  readonly places: number;
  /** It is free again by itself after this long, on the store's clock. */
  readonly forMs: number;
}

/** A claim has a place of a limit. */
export interface HeldPlace {
  readonly name: string;
  readonly claim: string;
}

/** Who has the places of a limit now. */
export interface PlacesTaken {
  readonly taken: number;
  /** Jobs that a place is kept for until they are claimed. */
  readonly keptFor: readonly string[];
}

/** One place of a limit that is taken, or kept. */
export interface PlaceHolder {
  readonly jobId: string;
  /** Absent: it is kept for the job. */
  readonly claim?: string;
  readonly until: Date;
}

export interface PlacesOfLimit {
  readonly name: string;
  readonly holders: readonly PlaceHolder[];
}

/** The places of each limit, and who has them. Each change is one compare-and-set, and durable when it returns. Methods throw `StoreUnavailableError`. */
export interface LimitPlaces {
  /** Takes a place for a claim; one that is kept for its job is its own. The same claim may ask again. @returns false: all are taken. */
  take(wanted: WantedPlace): Promise<boolean>;
  /** Keeps a place for a job that is about to be claimed. @returns false: all are taken, or one is kept for it already. */
  keep(wanted: Omit<WantedPlace, 'claim'>): Promise<boolean>;
  /**
   * The holders of these claims live: what they have of these limits is theirs for `forMs` more. What they do not have any more is
   * not given anew. @returns what they have.
   */
  renew(names: readonly string[], claims: readonly string[], forMs: number): Promise<readonly HeldPlace[]>;
  /** Gives a claim's place back. */
  free(name: string, claim: string): Promise<void>;
  look(name: string): Promise<PlacesTaken>;
  /** All limits of which places were taken lately, by name, with who has some now. @param after the last name of the page before. */
  scan(limit: number, after?: string): Promise<readonly PlacesOfLimit[]>;
  /** Takes away what a holder has if it still has it until then, as nobody has renewed it. @returns whether it did. */
  drop(name: string, holder: PlaceHolder): Promise<boolean>;
}

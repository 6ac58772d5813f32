/** A secret of the installation, from which each purpose has a key of its own derived. */
export interface SigningKey {
  /** What a signature names it by. */
  readonly kid: string;
  readonly secret: string;
}

export interface SigningKeys {
  /** At least one; the first signs, the others are still taken. @throws StoreUnavailableError. */
  list(): Promise<readonly SigningKey[]>;
}

import type { ReleaseLine } from '../../shared/domain/off-peak/release-line.ts';
import type { ReleaseLineKey, ReleaseLines, ReleasePlan, StoredReleaseLine } from '../../shared/ports/release-lines.ts';

const idOf = ({ window, revision, from }: ReleaseLineKey): string => `${window}|${revision}|${from.toISOString()}`;

/** Release lines in memory that pass the contract of the real ones. */
export class MemoryReleaseLines implements ReleaseLines {
  readonly #lines = new Map<string, StoredReleaseLine>();
  #plan: ReleasePlan | undefined;

  async read(key: ReleaseLineKey): Promise<StoredReleaseLine | undefined> {
    return structuredClone(this.#lines.get(idOf(key)));
  }

  async replace(key: ReleaseLineKey, line: ReleaseLine, version: number): Promise<boolean> {
    const id = idOf(key);
    if ((this.#lines.get(id)?.version ?? 0) !== version) return false;
    this.#lines.set(id, { ...structuredClone(line), version: version + 1 });
    return true;
  }

  async readPlan(): Promise<ReleasePlan | undefined> {
    return structuredClone(this.#plan);
  }

  async notePlan(plan: ReleasePlan): Promise<void> {
    this.#plan = structuredClone(plan);
  }
}

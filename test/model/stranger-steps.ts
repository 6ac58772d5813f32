import { freePlace, renewPlaces, takePlace } from '../support/memory-places.ts';
import { STRANGER } from './canonical.ts';
import { EnvironmentView } from './environment-view.ts';
import { turnOf } from './limit.ts';
import { checkPlaces } from './properties.ts';
import type { Draft } from './world.ts';

const NOW_MS = 0;
const FOR_MS = 1;

/** A job of elsewhere under the same limit: what its worker does with its place. */
export class StrangerSteps extends EnvironmentView {
  stranger(): void {
    const { stranger } = this.maker.world;
    if (stranger === 'none') return this.#take();
    if (stranger === 'away') this.#renew();
    this.maker.writePlaces({
      label: 'the stranger gives its place back',
      change: (holders) => freePlace(holders, STRANGER, NOW_MS),
      after: (draft, answer) => {
        draft.stranger = 'none';
        if (answer === 'ok') draft.callers.push({ at: 'looking', job: 0, gen: 0 });
      },
    });
    this.maker.add('the stranger dies', false, (draft) => void (draft.stranger = 'none'));
  }

  #take(): void {
    const { places, limit } = this.maker.world;
    const turn = turnOf(this.local(0), limit);
    if (!turn) return;
    const wanted = { jobId: STRANGER, claim: STRANGER, places: turn.places, forMs: FOR_MS };
    const { holders, hasPlace } = takePlace(places, wanted, NOW_MS);
    if (!hasPlace) return;
    this.maker.add('the stranger takes a place', false, (draft) => {
      draft.places = holders;
      draft.durablePlaces = holders;
      draft.durable = draft.local.slice();
      this.#works(draft);
    });
  }

  #renew(): void {
    this.maker.writePlaces({
      label: 'the stranger renews its place',
      change: (holders) => renewPlaces(holders, [STRANGER], NOW_MS + FOR_MS),
      after: (draft, answer) => {
        if (answer !== 'ok') return;
        const hasPlace = draft.places.some(({ claim }) => claim === STRANGER);
        if (hasPlace || !this.maker.model.protocol.stopsWithoutPlace) this.#works(draft);
        else draft.stranger = 'none';
      },
    });
  }

  #works(draft: Draft): void {
    draft.stranger = 'sure';
    if (this.maker.model.features.limit !== 'changes') checkPlaces(draft);
  }
}

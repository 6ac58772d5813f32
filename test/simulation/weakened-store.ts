import type { Condition, Transition, TransitionName } from '../../shared/domain/transition.ts';
import type { SimWorld } from './sim-world.ts';

/** How a write is broken on its way into the store. */
export type Weakening = (transition: Transition) => Transition;

/** A condition of one transition is not asked for. */
export function withoutCondition(name: TransitionName, ...parts: readonly (keyof Condition)[]): Weakening {
  return (transition) => {
    if (transition.name !== name) return transition;
    const when = Object.fromEntries(Object.entries(transition.when).filter(([part]) => !parts.includes(part as keyof Condition)));
    return { ...transition, when };
  };
}

/** A world whose store breaks the protocol: for tests that the simulation notices. */
export function weakenStore(weaken: Weakening): (world: SimWorld) => void {
  return ({ database: { jobs } }) => {
    const [apply, claim] = [jobs.apply.bind(jobs), jobs.claim.bind(jobs)];
    jobs.apply = (ids, transition) => apply(ids, weaken(transition));
    jobs.claim = (ids, transition) => claim(ids, weaken(transition));
  };
}

import type { VersionUse } from '../../../shared/domain/version-use.ts';
import { versionNeeds } from '../../../shared/domain/version-use.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import type { RouteTable } from '../route-table.ts';

/** A version of a type, known here or not. */
function versionView({ pipelines }: GatewayDeps, { type, version, active, deadLetters }: VersionUse) {
  const isKnown = pipelines.has(type, version);
  const isNewest = pipelines.versionsOf(type)[0] === version;
  const needs = versionNeeds({ active, deadLetters }, isNewest);
  return {
    version,
    is_newest: isNewest,
    is_known: isKnown,
    stages: isKnown ? pipelines.typeOf(type, version).stages.map(({ name }) => name) : [],
    active,
    dead_letters: deadLetters,
    may_be_removed: needs.length === 0,
    needed_because: needs,
  };
}

async function showVersions(deps: GatewayDeps) {
  const { pipelines, versionUses, guard } = deps;
  const uses = await guard.run(() => versionUses.read());
  const unused = pipelines
    .all()
    .filter(({ name, version }) => !uses.some((use) => use.type === name && use.version === version))
    .map(({ name, version }) => ({ type: name, version, active: 0, deadLetters: 0 }));
  const all = [...uses, ...unused].toSorted((a, b) => b.version - a.version);
  const names = [...new Set(all.map(({ type }) => type))].toSorted();
  const ofType = (name: string) => all.filter(({ type }) => type === name).map((use) => versionView(deps, use));
  return { types: names.map((name) => ({ type: name, versions: ofType(name) })) };
}

/** Versions of job types: which of them jobs still need, and which may be removed. */
export function versionRoutes(routes: RouteTable, deps: GatewayDeps): void {
  routes.get('/admin/v1/versions', 'admin', async (ctx) => {
    ctx.body = await showVersions(deps);
  });
}

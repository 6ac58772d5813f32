import { posix, relative, sep } from 'node:path';

/** One import found in a file. Paths are relative to the repository, with `/`. */
export interface Import {
  readonly from: string;
  /** A repository path, or the bare specifier of a package or `node:` module. */
  readonly to: string;
}

/** Finds static imports, re-exports and `import()` with a literal, and resolves the relative ones. */
export function importsOf(file: string, source: string): Import[] {
  const specifiers = [
    ...source.matchAll(
      /(?:^|[\s;])(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|[\s;])import\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g,
    ),
  ];
  return specifiers.map((match) => {
    const specifier = (match[1] ?? match[2] ?? match[3])!;
    return { from: file, to: specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(file), specifier)) : specifier };
  });
}

/** What each part may import, first match wins. `own` stands for the file's own folder at that level. */
const RULES: readonly { readonly part: RegExp; readonly may: readonly RegExp[]; readonly packages: boolean }[] = [
  { part: /^shared\/domain\//, may: [/^shared\/domain\//], packages: false },
  // Streams of bytes are the one thing of Node that a port speaks of.
  { part: /^shared\/ports\//, may: [/^shared\/(ports|domain)\//, /^node:stream$/], packages: false },
  { part: /^shared\/jobs\//, may: [/^shared\/(jobs|ports|domain)\//], packages: false },
  { part: /^shared\/schema\//, may: [/^shared\/(schema|domain)\//], packages: true },
  // Packed as an npm package of its own: it may rest on nothing but itself and what Node and browsers share.
  { part: /^shared\/client\//, may: [/^shared\/client\//], packages: false },
  { part: /^shared\/rabbit\//, may: [/^shared\/(rabbit|ports|domain)\//], packages: true },
  { part: /^shared\/mongo\//, may: [/^shared\/(mongo|ports|domain)\//], packages: true },
  // The only folder that knows the libraries that read cron expressions.
  { part: /^shared\/cron\//, may: [/^shared\/(cron|ports|domain)\//], packages: true },
  { part: /^shared\/runtime\//, may: [/^shared\/(runtime|ports|domain)\//], packages: true },
  // Composition of a stage worker, shared by all worker processes (docs/decisions.md).
  { part: /^shared\/worker\//, may: [/^shared\/(worker|jobs|rabbit|mongo|runtime|ports|domain)\//], packages: true },
  // TOPOLOGY=single runs the handlers of all stages in one process: the one service that reads others' handler tables.
  {
    part: /^services\/single-worker\//,
    may: [/^shared\//, /^services\/single-worker\//, /^services\/p\d+-worker\/handlers\.ts$/],
    packages: true,
  },
  { part: /^services\/cli\//, may: [/^shared\/(client|domain)\//, /^services\/cli\//], packages: true },
  {
    part: /^services\/([^/]+)\/main\.ts$/,
    may: [/^shared\/(worker|jobs|rabbit|mongo|cron|runtime|schema|ports|domain)\//, /^services\/$1\//],
    packages: true,
  },
  { part: /^services\/([^/]+)\//, may: [/^shared\/(jobs|schema|ports|domain)\//, /^services\/$1\//], packages: true },
  { part: /^deploy\//, may: [/^deploy\//, /^shared\//], packages: true },
  { part: /^test\//, may: [/./], packages: true },
];

/** @returns a sentence for each import that the rule forbids. */
export function violations(imports: readonly Import[]): string[] {
  return imports.filter((one) => !isAllowed(one)).map(({ from, to }) => `${from} may not import ${to}`);
}

function isAllowed({ from, to }: Import): boolean {
  for (const { part, may, packages } of RULES) {
    const match = part.exec(from);
    if (!match) continue;
    const isOutside = !/^(services|shared|deploy|test)\//.test(to);
    if (isOutside && packages) return true;
    return may.some((pattern) => new RegExp(pattern.source.replace('$1', match[1] ?? '')).test(to));
  }
  return false;
}

/** @returns each import cycle between files, as a path. */
export function cycles(imports: readonly Import[]): string[] {
  const graph = new Map<string, string[]>();
  for (const { from, to } of imports) graph.set(from, [...(graph.get(from) ?? []), to]);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) {
      found.push([...path.slice(at), file].join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}

/** A file's path in the repository, with `/`. */
export function repositoryPath(root: string, path: string): string {
  return relative(root, path).split(sep).join('/');
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { brokenLinks, linksOf, type Pages } from './links.ts';

const root = projectRoot();
const repository: Pages = {
  exists: (path) => existsSync(join(root, path)),
  read: (path) => readFileSync(join(root, path), 'utf8'),
};

/** Every Markdown page of the repository. */
function allPages(): readonly string[] {
  const top = readdirSync(root).filter((name) => name.endsWith('.md'));
  const below = ['docs', 'deploy', 'test', 'services', 'shared'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
      .map((name) => `${folder}/${name}`),
  );
  return [...top, ...below];
}

/** A repository of two pages for planted links. */
function pagesWith(text: string): Pages {
  const files: Record<string, string> = { 'README.md': text, 'docs/other.md': '# The other page\n\n## Twice\n\n## Twice\n' };
  return { exists: (path) => path in files, read: (path) => files[path] ?? '' };
}

describe('links of the documentation', () => {
  it('every relative link of every page: leads to a file and a heading that exist', () => {
    const pages = allPages();
    expect(pages).to.include.members(['README.md', 'CONTRIBUTING.md', 'docs/protocol.md', 'deploy/local/README.md']);
    expect(pages.flatMap((page) => linksOf(repository.read(page))).length).to.be.greaterThan(50);
    expect(pages.flatMap((page) => brokenLinks(page, repository))).to.deep.equal([]);
  });

  it('every page of docs/: stands in its index', () => {
    const index = new Set(linksOf(repository.read('docs/README.md')).map(({ target }) => target));
    const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md') && name !== 'README.md');
    expect(pages.filter((name) => !index.has(name))).to.deep.equal([]);
  });

  const broken: readonly [string, string][] = [
    ['a file that is missing', 'See [this](docs/missing.md).'],
    ['a heading that is missing', 'See [this](docs/other.md#nowhere).'],
    ['a heading of the page itself that is missing', 'See [this](#nowhere).'],
    ['a third heading of one name', 'See [this](docs/other.md#twice-2).'],
    ['a picture that is missing', '![pipeline](docs/images/missing.svg)'],
    ['a picture in HTML that is missing', '<source srcset="docs/missing.svg">'],
    ['a reference that is missing', '[this]: docs/missing.md'],
    ['a path out of the repository', '[this](../other/README.md)'],
    ['a path from the root of the disk', '[this](/docs/other.md)'],
  ];
  for (const [what, text] of broken) {
    it(`a link to ${what}: is found`, () => {
      expect(brokenLinks('README.md', pagesWith(text))).to.have.length(1);
    });
  }

  it('links to a file, a heading, a repeated heading and another host: are accepted', () => {
    const text = '[a](docs/other.md) [b](docs/other.md#the-other-page) [c](docs/other.md#twice-1) [d](https://example.org/x)';
    expect(linksOf(text)).to.have.length(4);
    expect(brokenLinks('README.md', pagesWith(text))).to.deep.equal([]);
  });

  it('what looks like a link inside code: is not one', () => {
    expect(linksOf('`[a](missing.md)`\n\n```md\n[b](missing.md)\n```\n')).to.deep.equal([]);
  });
});

describe('commands of the documentation', () => {
  it('every npm script that a page names: is one of package.json', () => {
    const { scripts } = JSON.parse(repository.read('package.json')) as { scripts: Readonly<Record<string, string>> };
    const named = allPages().flatMap((page) =>
      [...repository.read(page).matchAll(/\bnpm (?:run ([a-z][a-z0-9:-]*)|(start|test)\b)/g)].map(([, run, short]) => run ?? short ?? ''),
    );
    expect(named).to.include.members(['start', 'demo', 'test', 'check', 'format', 'test:fresh']);
    expect(named.filter((name) => !(name in scripts))).to.deep.equal([]);
  });
});

describe('pictures of the documentation', () => {
  it('the light and the dark picture of the pipeline: differ in colours only', () => {
    const [light, dark] = ['light', 'dark'].map((name) => repository.read(`docs/images/pipeline-${name}.svg`));
    const withoutColours = (svg: string | undefined) => svg?.replaceAll(/#[0-9a-f]{6}\b/g, '#');
    expect(withoutColours(dark)).to.equal(withoutColours(light));
    expect(dark).not.to.equal(light);
  });
});

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** A file with all that its headers say. */
export interface ServedFile {
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly gzipped: Buffer;
  readonly entityTag: string;
}

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Jobline API</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<noscript>This page needs JavaScript. The document itself is <a href="openapi.json">openapi.json</a>.</noscript>
<div id="api"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

/** A validator on another server would be sent the document: none. */
const START = `'use strict';
SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#api',
  deepLinking: true,
  validatorUrl: null,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  docExpansion: 'list',
});
`;

const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';

const LIBRARY = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': SCRIPT,
  'favicon-32x32.png': 'image/png',
} as const;

/** The page of the API's documentation with its scripts and styles, read from the installed package once they are asked for. */
export class DocsFiles {
  readonly #resolve = createRequire(import.meta.url).resolve;
  readonly #known = new Map<string, ServedFile>();

  page(): Promise<ServedFile> {
    return this.#once('', async () => ({ mediaType: HTML, bytes: Buffer.from(PAGE) }));
  }

  /** @returns undefined for a name that the page does not use. */
  async read(name: string): Promise<ServedFile | undefined> {
    if (name === 'start.js') return this.#once(name, async () => ({ mediaType: SCRIPT, bytes: Buffer.from(START) }));
    if (!Object.hasOwn(LIBRARY, name)) return undefined;
    const mediaType = LIBRARY[name as keyof typeof LIBRARY];
    return this.#once(name, async () => ({ mediaType, bytes: await readFile(this.#resolve(`swagger-ui-dist/${name}`)) }));
  }

  async #once(name: string, read: () => Promise<Pick<ServedFile, 'mediaType' | 'bytes'>>): Promise<ServedFile> {
    const known = this.#known.get(name);
    if (known) return known;
    const { mediaType, bytes } = await read();
    const entityTag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
    const file = { mediaType, bytes, gzipped: await promisify(gzip)(bytes), entityTag };
    this.#known.set(name, file);
    return file;
  }
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './install/cache.mjs';
import { softwareBill } from './software-bill.mjs';

// npm run sbom: writes dist/sbom.cdx.json, the software bill of materials of the services.

const file = join(PROJECT, 'dist/sbom.cdx.json');
mkdirSync(join(PROJECT, 'dist'), { recursive: true });
writeFileSync(file, `${JSON.stringify(await softwareBill(), null, 2)}\n`);
process.stdout.write(`${file}\n`);

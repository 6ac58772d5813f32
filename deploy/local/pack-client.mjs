import { join } from 'node:path';
import { packClient } from './client-package.mjs';
import { PROJECT } from './install/cache.mjs';
import { setUp } from './setup.mjs';

// npm run pack:client: makes dist/jobline-client-<version>.tgz, for npm install or npm publish.

await setUp((line) => void process.stderr.write(`${line}\n`));
process.stdout.write(`${await packClient(join(PROJECT, 'dist'))}\n`);

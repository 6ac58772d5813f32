import { lintApi } from '../support/lint-api.ts';

// npm run lint:api
const { isClean, output } = lintApi();
process.stderr.write(output);
process.exitCode = isClean ? 0 : 1;

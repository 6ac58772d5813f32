import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { adminOpenApiDocument } from '../../shared/schema/admin/admin-openapi.ts';
import { openApiDocument } from '../../shared/schema/openapi.ts';

const EVERYTHING = { asksForKeys: true, of: () => 'read' as const };

/** Lints both OpenAPI documents, with all that they can say, by Redocly's rules. @returns whether it is clean, and what was said. */
export function lintApi(): { readonly isClean: boolean; readonly output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'jobline-lint-'));
  try {
    const documents = { openapi: openApiDocument('0.0.0', EVERYTHING), 'admin-openapi': adminOpenApiDocument('0.0.0', EVERYTHING) };
    const files = Object.entries(documents).map(([name, document]) => {
      const file = join(folder, `${name}.json`);
      writeFileSync(file, JSON.stringify(document, null, 2));
      return file;
    });
    const manifest = createRequire(import.meta.url).resolve('@redocly/cli/package.json');
    const program = join(dirname(manifest), 'bin/cli.js');
    const args = [program, 'lint', ...files, '--config', join(projectRoot(), 'redocly.yaml')];
    // Its makers are told nothing, and nobody is asked for a newer version.
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', CI: 'true' };
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    return { isClean: status === 0, output: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

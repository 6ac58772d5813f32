import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { composeDocument, composeText } from '../support/deploy/compose-document.ts';
import { mainOf } from '../support/deploy/compose-problems.ts';
import { dockerIgnoreText } from '../support/deploy/docker-context.ts';
import { dockerfileStages, dockerfileText, imageEnvironment } from '../support/deploy/dockerfile-stages.ts';
import { ImageBuild } from '../support/deploy/image-build.ts';

const run = promisify(execFile);
const stages = dockerfileStages(dockerfileText());
const { services } = composeDocument(composeText());
const programs = Object.entries(services).filter(([, service]) => mainOf(service) !== undefined);

describe('the image, built without Docker from what deploy/Dockerfile copies', function () {
  // Packages are installed at the first run.
  this.timeout(300_000);
  let folder: string;
  let app: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'jobline-image-'));
    app = join(await new ImageBuild(folder, dockerIgnoreText()).build(stages), 'app');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('its folder: holds the programs and the packages that they need, no source, no test, no development package', () => {
    expect(readdirSync(app)).to.have.members(['LICENSE', 'dist', 'node_modules', 'package.json']);
    expect(readdirSync(join(app, 'dist'))).to.have.members(['deploy', 'services', 'shared']);
    const { dependencies } = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'));
    const isThere = (name: string): boolean => existsSync(join(app, 'node_modules', name));
    expect(Object.keys(dependencies).filter((name) => !isThere(name))).to.deep.equal([]);
    expect(['typescript', 'mocha', 'tsx', '@biomejs/biome', 'vega-datasets'].filter(isThere)).to.deep.equal([]);
  });

  it('DuckDB: runs from the binary for this platform', async () => {
    const query = `
      const { DuckDBInstance } = await import('@duckdb/node-api');
      const connection = await (await DuckDBInstance.create()).connect();
      console.log(String((await connection.runAndReadAll('select 6 * 7')).getRows()[0][0]));`;
    expect(
      (await run(process.execPath, ['--input-type=module', '-e', query], { cwd: app, env: imageEnvironment(stages) })).stdout.trim(),
    ).to.equal('42');
  });

  for (const [name, service] of programs) {
    it(`${name}, started as docker-compose.yml does: reads its settings and says which`, async () => {
      const env = { ...imageEnvironment(stages), ...service.environment, SCRATCH_DIR: folder };
      const { stdout } = await run(process.execPath, [...service.command!.slice(1), '--print-config'], { cwd: app, env });
      expect(stdout).to.contain('RABBITMQ_URL=amqp://***@rabbitmq:5672/\n');
      expect(stdout).to.contain('MONGODB_URL=mongodb://***@mongodb:27017/jobline?');
      expect(stdout).to.contain('TOPOLOGY=per-stage\n');
    });
  }
});

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { Health } from '../../../shared/runtime/health.ts';
import { HealthServer } from '../../../shared/runtime/health-server.ts';
import { ProcessMetrics } from '../../../shared/runtime/metrics.ts';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { composeDocument, composeText } from '../../support/deploy/compose-document.ts';
import { mainOf } from '../../support/deploy/compose-problems.ts';
import { dockerIgnoreText, isDockerIgnored } from '../../support/deploy/docker-context.ts';
import { dockerfileStages, dockerfileText, imageEnvironment } from '../../support/deploy/dockerfile-stages.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const run = promisify(execFile);
const stages = dockerfileStages(dockerfileText());
const image = stages.at(-1)!;
const copied = stages.flatMap(({ instructions }) => instructions).filter(({ keyword, from }) => keyword === 'COPY' && !from);
const sources = copied.flatMap(({ args }) => args.slice(0, -1)).map((source) => source.replace(/\/$/, ''));

function argumentsOf(keyword: string): readonly string[] {
  return image.instructions.findLast((one) => one.keyword === keyword)?.args ?? [];
}

describe('deploy/Dockerfile', () => {
  it('each source of COPY: exists and is in the build context', () => {
    expect(sources).to.include.members(['package.json', 'package-lock.json', 'tsconfig.json', 'services', 'shared']);
    expect(sources.filter((source) => !existsSync(join(projectRoot(), source)))).to.deep.equal([]);
    expect(sources.filter((source) => isDockerIgnored(dockerIgnoreText(), source))).to.deep.equal([]);
  });

  it('each stage that COPY takes from: is there before', () => {
    for (const [index, { instructions }] of stages.entries()) {
      const before = stages.slice(0, index).map(({ name }) => name);
      expect(before).to.include.members(instructions.flatMap(({ from }) => from ?? []));
    }
  });

  it('every program that docker-compose.yml runs: is compiled from what is copied', () => {
    const mains = Object.values(composeDocument(composeText()).services).flatMap((service) => mainOf(service) ?? []);
    expect(mains).to.have.length.above(5);
    expect(mains.filter((main) => !sources.some((source) => `${main}.ts`.startsWith(source)))).to.deep.equal([]);
  });

  it('the images it builds on: are of one exact version of Node.js that package.json allows, with glibc', () => {
    expect(new Set(stages.map((stage) => stage.image)).size).to.equal(1);
    expect(image.image).to.match(/^node:2[2-9]\.\d+\.\d+-bookworm-slim$/);
  });

  it('the image: has no development packages, is not root by number, has a readiness check, an init, and a stop signal', () => {
    expect(stages.find(({ name }) => name === 'packages')!.instructions.some(({ text }) => text.startsWith('npm ci --omit=dev'))).to.equal(
      true,
    );
    expect(image.instructions.filter(({ from }) => from).flatMap(({ from, args }) => `${from}:${args[0]}`)).to.deep.equal([
      'packages:/app/node_modules/',
      'build:/app/dist/',
    ]);
    expect(argumentsOf('USER')).to.deep.equal(['1000:1000']);
    expect(argumentsOf('ENTRYPOINT')).to.deep.equal(['/usr/bin/tini', '--']);
    expect(argumentsOf('CMD')).to.deep.equal(['node', '--min-semi-space-size=16', 'dist/services/gateway/main.js']);
    expect(argumentsOf('STOPSIGNAL')).to.deep.equal(['SIGTERM']);
    expect(argumentsOf('EXPOSE')).to.deep.equal(['8080', '8081', '9090']);
    expect(argumentsOf('LABEL').join()).to.contain('org.opencontainers.image.licenses');
    expect(imageEnvironment(stages)).to.deep.equal({ NODE_ENV: 'production', HEALTH_PORT: '9090', SCRATCH_DIR: '/scratch' });
  });
});

describe('.dockerignore', () => {
  for (const path of [
    'node_modules/koa/package.json',
    '.git/config',
    '.jobline/cache/x',
    'test/unit/a.test.ts',
    '.env',
    'dist/services/gateway/main.js',
    'deploy/kubernetes/secrets.yaml',
    'deploy/local/start.mjs',
    'docs/deployment.md',
    'reports/a.pdf',
  ]) {
    it(`${path}: is left out`, () => {
      expect(isDockerIgnored(dockerIgnoreText(), path)).to.equal(true);
    });
  }

  it("patterns: are read by Docker's rules, the last that matches decides", () => {
    expect(isDockerIgnored('*.log\n!keep.log', 'a.log')).to.equal(true);
    expect(isDockerIgnored('*.log\n!keep.log', 'keep.log')).to.equal(false);
    expect(isDockerIgnored('*.log', 'deep/a.log')).to.equal(false);
    expect(isDockerIgnored('**/*.log', 'deep/down/a.log')).to.equal(true);
    expect(isDockerIgnored('node_modules', 'node_modules/a/b.js')).to.equal(true);
    expect(isDockerIgnored('*\n!src\nsrc/secret', 'src/secret/a')).to.equal(true);
  });
});

describe('the health check of the containers', () => {
  const ofCompose = composeDocument(composeText()).services['gateway']!.healthcheck!.test!.slice(1);

  async function exitCode(healthPort: number): Promise<number> {
    return run(process.execPath, ofCompose.slice(1), { env: { ...process.env, HEALTH_PORT: String(healthPort) } }).then(
      () => 0,
      (error: { code: number }) => error.code,
    );
  }

  it('in the image and in docker-compose.yml: is the same', () => {
    // HEALTHCHECK [options] CMD ["node", ...]
    const { text } = image.instructions.find(({ keyword }) => keyword === 'HEALTHCHECK')!;
    expect(JSON.parse(text.slice(text.indexOf('[')))).to.deep.equal(ofCompose);
  });

  it('a process that is ready, that stops, that is gone: 0, 1, 1', async () => {
    const health = new Health([{ name: 'always', run: () => undefined }]);
    const server = new HealthServer({ health, host: '127.0.0.1', port: 0, logger: silentLogger(), metrics: new ProcessMetrics('test') });
    await server.start();
    const { port } = server;
    try {
      expect(await exitCode(port), 'starting').to.equal(1);
      health.markStarted();
      expect(await exitCode(port), 'ready').to.equal(0);
      health.markStopping();
      expect(await exitCode(port), 'stopping').to.equal(1);
    } finally {
      await server.stop();
    }
    expect(await exitCode(port), 'gone').to.equal(1);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { parse } from 'yaml';
import { accountsOf, passwordVariable } from '../../../deploy/accounts/accounts.ts';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { composeDocument, composeText, envFile } from '../../support/deploy/compose-document.ts';
import { composeProblems, isService } from '../../support/deploy/compose-problems.ts';
import { dockerfileStages, dockerfileText, imageEnvironment } from '../../support/deploy/dockerfile-stages.ts';
import { COMPOSE_BREAKS } from './compose-breaks.ts';

const text = composeText();
const imageEnv = imageEnvironment(dockerfileStages(dockerfileText()));

/** A password of its own for each account: one that is used for another shows. */
const passwords = Object.fromEntries(
  [...accountsOf(['p1', 'p2']).map(({ name }) => passwordVariable(name)), 'RABBITMQ_ADMIN_PASSWORD', 'MONGODB_ADMIN_PASSWORD'].map(
    (name) => [name, `password-of-${name.toLowerCase()}`],
  ),
);

function problemsOf(changed: string, env: Readonly<Record<string, string>> = {}): string[] {
  return composeProblems(composeDocument(changed, { ...passwords, ...env }), imageEnv);
}

/** The file with one thing changed. @throws when there is nothing to change. */
function withChange(from: string | RegExp, to: string): string {
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`docker-compose.yml has no ${from}`);
  return changed;
}

function schemaErrors(document: unknown): string[] {
  const { $schema: _, ...schema } = JSON.parse(readFileSync(join(projectRoot(), 'test/fixtures/compose-spec/compose-spec.json'), 'utf8'));
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.validate(schema, document);
  return (ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

describe('docker-compose.yml', () => {
  it('held against the Compose Specification as it stands, and with its variables filled in: is valid', () => {
    expect(schemaErrors(parse(text, { merge: true }))).to.deep.equal([]);
    expect(schemaErrors(composeDocument(text))).to.deep.equal([]);
  });

  it('a key that the Compose Specification does not know: is found', () => {
    expect(schemaErrors(parse(withChange('    stop_grace_period', '    stop_grace'), { merge: true })).join()).to.contain('additional');
  });

  for (const [what, env] of [
    ['with its defaults', {}],
    ['with TOPOLOGY=single', envFile('deploy/single-topology.env')],
    ['with several gateways', { PORT: '18080-18083', ADMIN_PORT: '18090-18093', GATEWAYS: '3' }],
  ] as const) {
    it(`${what}, held against the settings of every service: has no problem`, () => {
      expect(problemsOf(text, env)).to.deep.equal([]);
    });
  }

  it('the topology: decides which workers run', () => {
    const scales = (env: Readonly<Record<string, string>>) =>
      Object.entries(composeDocument(text, env).services).filter(([, service]) => isService(service) && Number(service.scale) > 0);
    expect(scales({}).map(([name]) => name)).to.have.members(['gateway', 'p1-worker', 'p2-worker', 'scheduler']);
    expect(scales(envFile('deploy/single-topology.env')).map(([name]) => name)).to.have.members(['gateway', 'single-worker', 'scheduler']);
  });

  it('passwords: have no default but one that is plainly for this machine only', () => {
    const defaults = [...text.matchAll(/PASSWORD:-([^}]*)}/g)].map(([, value]) => value);
    expect(defaults).to.have.length.above(10);
    expect(new Set(defaults)).to.deep.equal(new Set(['local-only']));
    expect(text.match(/_(PASS|PASSWORD): (?!\$\{\w+:-local-only\})/g)).to.equal(null);
  });

  it('the pepper and the first key: likewise', () => {
    const defaults = [...text.matchAll(/(?:PEPPER|BOOTSTRAP_KEY):-([^}]*)}/g)].map(([, value]) =>
      value!.replace('pk_localonly0000000_', ''),
    );
    expect(defaults).to.have.length(2);
    for (const value of defaults) expect(value.replaceAll('local-only', '').replaceAll('-', '')).to.equal('');
  });

  for (const [what, from, to, problem] of COMPOSE_BREAKS) {
    it(`${what}: is found`, () => {
      expect(problemsOf(withChange(from, to)).join('\n')).to.contain(problem);
    });
  }
});

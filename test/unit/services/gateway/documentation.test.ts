import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { errorsPage, JOB_ERRORS } from '../../../../services/gateway/error-catalogue.ts';
import { projectRoot } from '../../../../shared/runtime/project-root.ts';
import { openApiDocument } from '../../../../shared/schema/openapi.ts';
import { expectPage } from '../../shared/runtime/generated-page.ts';
import { GatewayFixture } from './gateway-fixture.ts';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { operationId: string; requestBody?: object }>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

const document = openApiDocument('1.2.3') as unknown as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
);

describe('docs/errors.md', () => {
  it('the page in the repository: equals the one made from the tables', () => {
    expectPage('errors.md', errorsPage());
  });
});

/** Every code that a handler or the engine gives a job, as their sources spell it. */
function codesInSources(): ReadonlySet<string> {
  const root = projectRoot();
  const folders = [
    'shared/jobs',
    'shared/worker',
    ...readdirSync(join(root, 'services'))
      .filter((name) => /^p\d+-worker$/.test(name))
      .map((name) => `services/${name}`),
  ];
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)),
  );
  const sources = files.filter((name) => name.endsWith('.ts')).map((name) => readFileSync(name, 'utf8'));
  return new Set(
    sources.flatMap((source) =>
      [...source.matchAll(/\bcode: '([a-z_]+)'|Rejection\(\s*'([a-z_]+)'|^ {2}\| '([a-z]+_[a-z_]+)'/gm)].map(
        (match) => (match[1] ?? match[2] ?? match[3])!,
      ),
    ),
  );
}

describe('the catalogue of job errors', () => {
  it('codes in the sources of engine and handlers: each is in it, and it has no other', () => {
    const codes = codesInSources();
    expect(codes.size).to.be.above(20);
    expect(Object.keys(JOB_ERRORS).sort()).to.deep.equal([...codes].sort());
  });
});

describe('the OpenAPI document', () => {
  let gateway: GatewayFixture;
  before(async () => {
    gateway = await new GatewayFixture().start();
  });
  after(() => gateway.stop());

  it('its operations: exactly the routes that there are', async () => {
    expect(operations).to.have.members(await gateway.routes());
  });

  it('GET /openapi.json: serves it', async () => {
    const served = (await (await gateway.get('/openapi.json')).json()) as { openapi: string; paths: object };
    expect(served.openapi).to.equal('3.1.0');
    expect(Object.keys(served.paths)).to.have.members(Object.keys(document.paths));
  });

  it('GET /: names every operation', async () => {
    const { paths } = (await (await gateway.get('/')).json()) as { paths: { method: string; path: string }[] };
    expect(paths.map(({ method, path }) => `${method} ${path}`)).to.have.members(operations);
  });

  it('its references: all lead to a component; its operation ids: each once', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
    expect(references.length).to.be.above(20);
    const components = document.components as unknown as Record<string, Record<string, object>>;
    for (const [, kind, name] of references) expect(components[kind!]).to.have.property(name!);
    const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map((operation) => operation.operationId));
    expect(ids).to.deep.equal([...new Set(ids)]);
  });

  it('its schemas: are JSON Schema 2020-12 and agree with the gateway about a request and its answer', async () => {
    const ajv = new Ajv2020.default({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'openapi', ...document } as object);
    const validate = (name: string, value: unknown) => ajv.validate({ $ref: `openapi#/components/schemas/${name}` }, value);
    for (const name of Object.keys(document.components.schemas)) ajv.compile({ $ref: `openapi#/components/schemas/${name}` });
    for (const [input, isValid] of [
      [{ rows: [{ a: 1 }] }, true],
      [{ upload_id: 'abcdefgh' }, true],
      [{}, false],
      [{ rows: [{ a: 1 }], upload_id: 'abcdefgh' }, false],
      [{ rows: [] }, false],
    ] as const) {
      expect(validate('GenerateFileRequest', { input }), JSON.stringify(input)).to.equal(isValid);
    }
    const answer = (await (await gateway.post('/generate-file', { input: { rows: [{ a: 1 }] } })).json()) as { job_id: string };
    expect(validate('AcceptedJob', answer)).to.equal(true);
    expect(validate('Job', await (await gateway.get(`/v1/jobs/${answer.job_id}`)).json())).to.equal(true);
    expect(validate('JobStatus', await (await gateway.get(`/jobs/${answer.job_id}/status`)).json())).to.equal(true);
    expect(validate('Problem', await (await gateway.get('/nothing')).json())).to.equal(true);
  });
});

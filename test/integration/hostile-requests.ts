/** A request that no honest client sends, as the bytes on the wire, and how it must be answered. */
export interface HostileRequest {
  readonly name: string;
  readonly bytes: Buffer;
  /** Any of these. */
  readonly status: readonly number[];
  /** Of the problem; absent where the answer is none. */
  readonly code?: string;
}

/** Stands in a request for a valid API key. */
const KEY = '{KEY}';
const REPORT = '{"type":"report","input":{"rows":[{"a":1}]}}';
const ID = '00000000-0000-7000-8000-000000000000';
const OPERATORS = ['{"$ne":null}', '{"$gt":""}', '{"$where":"sleep(9000)"}', '{"$regex":".*"}', '{"$function":{"body":"0"}}', '["$expr"]'];

function http(line: string, headers: readonly string[] = [], body = ''): string {
  return [`${line} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${KEY}`, ...headers, '', body].join('\r\n');
}

const get = (path: string, ...headers: readonly string[]) => http(`GET ${path}`, headers);

function post(body: string, path = '/v1/jobs', ...headers: readonly string[]): string {
  return http(`POST ${path}`, ['Content-Type: application/json', `Content-Length: ${body.length}`, ...headers], body);
}

type Row = readonly [name: string, text: string, status: number | readonly number[], code?: string];

const FRAMING: readonly Row[] = [
  ['Content-Length and Transfer-Encoding', post('0\r\n\r\n', '/v1/jobs', 'Transfer-Encoding: chunked'), 400, 'bad_request'],
  ['two Content-Length that differ', post(REPORT, '/v1/jobs', 'Content-Length: 3'), 400, 'bad_request'],
  ['a negative Content-Length', http('POST /v1/jobs', ['Content-Length: -1']), 400, 'bad_request'],
  ['a Content-Length in hex', http('POST /v1/jobs', ['Content-Length: 0x10']), 400, 'bad_request'],
  ['a Content-Length beyond 64 bits', http('POST /v1/jobs', ['Content-Length: 99999999999999999999']), 400, 'bad_request'],
  [
    'a Content-Length of 9 PB',
    http('POST /v1/jobs', ['Content-Type: application/json', 'Content-Length: 9007199254740991']),
    413,
    'body_too_large',
  ],
  ['Transfer-Encoding with a tab before it', http('POST /v1/jobs', ['Transfer-Encoding:\tchunked, identity']), 400, 'bad_request'],
  ['Transfer-Encoding xchunked', http('POST /v1/jobs', ['Transfer-Encoding: xchunked']), 400, 'bad_request'],
  [
    'a chunk size that is none',
    http('POST /v1/jobs', ['Content-Type: application/json', 'Transfer-Encoding: chunked'], 'zz\r\n'),
    400,
    'bad_request',
  ],
  [
    'a chunk size beyond 64 bits',
    http('POST /v1/jobs', ['Content-Type: application/json', 'Transfer-Encoding: chunked'], 'fffffffffffffffff\r\n'),
    400,
    'bad_request',
  ],
  ['lines that end with LF alone', get('/v1/jobs').replaceAll('\r\n', '\n'), 400, 'bad_request'],
  ['a blank before the colon', get('/v1/jobs', 'X-A : b'), 400, 'bad_request'],
  ['a header that is folded', get('/v1/jobs', 'X-A: b\r\n c'), [200, 400]],
  ['NUL in a header', get('/v1/jobs', 'X-A: b\0c'), 400, 'bad_request'],
  ['CR in a header', get('/v1/jobs', 'X-A: b\rX-B: c'), 400, 'bad_request'],
  ['a header without a name', get('/v1/jobs', ': b'), 400, 'bad_request'],
  ['two Host headers', get('/v1/jobs', 'Host: evil.example'), 400, 'bad_request'],
  ['a version that there is not', get('/v1/jobs').replace('HTTP/1.1', 'HTTP/9.9'), 400, 'bad_request'],
  ['HTTP/2 without TLS', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'bad_request'],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400, 'bad_request'],
  ['a URL of 20 KiB', get(`/${'a'.repeat(20_480)}`), 431, 'headers_too_large'],
  ['a header of 20 KiB', get('/v1/jobs', `X-A: ${'a'.repeat(20_480)}`), 431, 'headers_too_large'],
  ['4,000 headers', get('/v1/jobs', ...Array.from({ length: 4_000 }, (_, at) => `X-${at}: 1`)), 431, 'headers_too_large'],
  ['an unknown Expect', post(REPORT, '/v1/jobs', 'Expect: a-miracle'), 417, 'expectation_failed'],
];

const METHODS: readonly Row[] = [
  ['TRACE', http('TRACE /v1/jobs'), 405, 'method_not_allowed'],
  ['CONNECT', http('CONNECT evil.example:443'), 405, 'method_not_allowed'],
  ['PUT', http('PUT /v1/jobs'), 405, 'method_not_allowed'],
  ['PATCH', http(`PATCH /v1/jobs/${ID}`), 405, 'method_not_allowed'],
  ['OPTIONS', http('OPTIONS /v1/jobs'), 204],
  ['a method that there is not', http('JOBLINE /v1/jobs'), 400, 'bad_request'],
  ['a method in lower case', http('get /v1/jobs'), 400, 'bad_request'],
  ['X-HTTP-Method-Override', get(`/v1/jobs/${ID}`, 'X-HTTP-Method-Override: DELETE'), 404, 'job_not_found'],
  ['_method in the query', get('/v1/jobs?_method=DELETE'), 400, 'invalid_query'],
];

const PATHS: readonly Row[] = [
  ...[
    '/../etc/passwd',
    '/v1/jobs/../../etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '//evil.example/v1/jobs',
    '/v1//jobs',
    '/v1/jobs/',
    '/V1/JOBS',
    '/__proto__',
    '/v1/constructor',
  ].map((path): Row => [`the path ${path}`, get(path), 404, 'not_found']),
  ...[
    '..%2f..%2fetc%2fpasswd',
    '%2e%2e',
    '%00',
    '__proto__',
    '[$ne]',
    '%7B%22$ne%22:null%7D',
    `${ID}%00`,
    `${ID}%0d%0aX:%201`,
    'a'.repeat(4_000),
  ].map((id): Row => [`the job id ${id.slice(0, 50)}`, get(`/v1/jobs/${id}`), 404, 'job_not_found']),
  ...['..%2f..%2fetc%2fpasswd', '%00', '__proto__', '%0d%0aSet-Cookie:%20a'].map(
    (name): Row => [`the output ${name}`, get(`/v1/jobs/${ID}/outputs/${name}`), 404],
  ),
  ['an escape that is cut', get('/v1/jobs/%'), [400, 404]],
  ['an escape that is not UTF-8', get('/v1/jobs/%ff%fe'), [400, 404]],
  ['an absolute URL of another host', get('http://evil.example/v1/jobs'), [200, 400, 404, 421]],
  ['the target *', get('*'), [400, 404]],
];

const QUERIES: readonly Row[] = [
  ...[
    'state[$ne]=X',
    'state=%7B%22$ne%22:1%7D',
    '__proto__[x]=1',
    'constructor=1',
    'limit=1e9',
    'limit=-1',
    'limit=9007199254740993',
    'limit=1&limit=2',
    'page_token=%00',
    'page_token=eyIkbmUiOjF9',
    `page_token=${'a'.repeat(501)}`,
    'state=%00',
    'type[]=report',
  ].map((query): Row => [`the query ${query.slice(0, 50)}`, get(`/v1/jobs?${query}`), 400]),
  ...['state:{$ne:1}', 'tag:$where', '('.repeat(500), 'type:__proto__', 'age:>1e400h', 'error:.*(a+)+$'].map(
    (text): Row => [`the search ${text.slice(0, 50)}`, get(`/v1/jobs?q=${encodeURIComponent(text)}`), [200, 400]],
  ),
];

const HEADERS: readonly Row[] = [
  ['an X-Request-Id with a line of a log', get('/v1/jobs', 'X-Request-Id: x"}\\n{"level":"info","msg":"FORGED"}'), 200],
  ['an X-Request-Id with ESC', get('/nothing', 'X-Request-Id: \x1b[31mred'), [400, 404]],
  ['a path with the line of a log', get('/x%0a%7B%22msg%22:%22FORGED%22%7D'), 404, 'not_found'],
  ['a traceparent of zeros', get('/v1/jobs', `traceparent: 00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`), 200],
  ['X-Forwarded-For', get('/v1/jobs', 'X-Forwarded-For: 127.0.0.1', 'Forwarded: for=127.0.0.1'), 200],
  ['two Idempotency-Keys', post(REPORT, '/v1/jobs', 'Idempotency-Key: a', 'Idempotency-Key: b'), 400, 'invalid_idempotency_key'],
  ['an Idempotency-Key of operators', post(REPORT, '/v1/jobs', 'Idempotency-Key: {"$ne":null}'), 400, 'invalid_idempotency_key'],
  ['an Idempotency-Key of 300 characters', post(REPORT, '/v1/jobs', `Idempotency-Key: ${'k'.repeat(300)}`), 400, 'invalid_idempotency_key'],
  ['a Prefer of nonsense', post(REPORT, '/v1/jobs', 'Prefer: wait=-1, wait=99999999999, respond-async="\\"'), 202],
  ['gzip', post(REPORT, '/v1/jobs', 'Content-Encoding: gzip'), 415, 'unsupported_media_type'],
  ['layers of gzip', post(REPORT, '/v1/jobs', `Content-Encoding: ${'gzip, '.repeat(50)}gzip`), 415, 'unsupported_media_type'],
  ['an unknown encoding', post(REPORT, '/v1/jobs', 'Content-Encoding: evil'), 415, 'unsupported_media_type'],
  [
    'a form',
    http('POST /v1/jobs', ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 3'], 'a=1'),
    415,
    'unsupported_media_type',
  ],
  [
    'a JSON body called text',
    http('POST /v1/jobs', ['Content-Type: text/plain', `Content-Length: ${REPORT.length}`], REPORT),
    415,
    'unsupported_media_type',
  ],
  [
    'a WebSocket of a page elsewhere',
    get(
      '/v1/ws',
      'Origin: https://evil.example',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${'A'.repeat(22)}==`,
    ),
    403,
    'origin_not_allowed',
  ],
  ['a Range of nonsense', get(`/v1/jobs/${ID}/outputs/x`, 'Range: bytes=-9999999999999999999-'), 404],
  ['another key', get('/v1/jobs').replace(KEY, `${KEY}x`), 401, 'unauthorized'],
  ['a key of operators', get('/v1/jobs').replace(KEY, '{"$ne":null}'), 401, 'unauthorized'],
  ['a key in the URL', get(`/v1/jobs?api_key=${KEY}`), 400, 'invalid_query'],
];

const JSON_BODIES: readonly Row[] = [
  ...OPERATORS.flatMap((operator): Row[] => [
    [`the type ${operator}`, post(`{"type":${operator},"input":{}}`), 422, 'invalid_request'],
    [`the upload ${operator}`, post(`{"type":"report","input":{"upload_id":${operator}}}`), 422, 'invalid_request'],
    [`the tags ${operator}`, post(`{"type":"report","input":{"rows":[{"a":1}]},"tags":${operator}}`), 422, 'invalid_request'],
  ]),
  ['an unknown upload that is a path', post('{"type":"report","input":{"upload_id":"../../etc/passwd"}}'), 422],
  ['deep lists', post('['.repeat(100_000)), 400],
  ['deep lists that are closed', post('['.repeat(50_000) + ']'.repeat(50_000)), 400, 'forbidden_json'],
  ['deep objects', post(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`), 400, 'forbidden_json'],
  ['70,000 keys', post(`{${Array.from({ length: 70_000 }, (_, at) => `"k${at}":1`).join()}}`), 422, 'invalid_request'],
  ['a key of 900 KB', post(`{"${'k'.repeat(900_000)}":1}`), 422, 'invalid_request'],
  ['__proto__', post('{"type":"report","__proto__":{"isAdmin":true},"input":{}}'), 400, 'forbidden_json'],
  ['__proto__, escaped', post('{"type":"report","\\u005f_proto__":{"isAdmin":true},"input":{}}'), 400, 'forbidden_json'],
  ['constructor.prototype', post('{"constructor":{"prototype":{"isAdmin":true}}}'), 400, 'forbidden_json'],
  ['NUL in a key', post('{"type":"report","input":{"rows":[{"a\\u0000b":1}]}}'), 400, 'forbidden_json'],
  ['a key twice: the last counts', post('{"type":"report","type":"other","input":{}}'), 422, 'invalid_request'],
  ['lone surrogates', post('{"type":"\\ud800","input":{}}'), 422, 'invalid_request'],
  ['bytes that are not UTF-8', post('{"type":"\xc0\xaf"}'), 400, 'malformed_json'],
  ['UTF-16', post('\xff\xfe{\0"\0'), 400, 'malformed_json'],
  ['1e400', post('{"type":"report","input":{"rows":[{"a":1e400}]}}'), 400, 'forbidden_json'],
  ['a number of 100,000 digits', post(`{"type":"report","input":{"rows":[{"a":${'9'.repeat(100_000)}}]}}`), 400, 'forbidden_json'],
  ['2^53 + 1', post('{"type":"report","input":{"rows":[{"a":9007199254740993}]}}'), 400, 'forbidden_json'],
  ['NaN', post('{"type":"report","input":NaN}'), 400, 'malformed_json'],
  ['a comment', post('{"type":"report"/**/}'), 400, 'malformed_json'],
  ['a control character in a string', post('{"type":"a\nb"}'), 400, 'malformed_json'],
  ['two values', post(`${REPORT}${REPORT}`), 400, 'malformed_json'],
  ['a body of 3 MB', post(`{"type":"${'x'.repeat(3_000_000)}"}`), 413, 'body_too_large'],
  [
    'state and tenant by mass assignment',
    post(`${REPORT.slice(0, -1)},"state":"COMPLETED","tenant":"other","epoch":9}`),
    422,
    'invalid_request',
  ],
  ['a moment far away', post(`${REPORT.slice(0, -1)},"run_at":"9999-12-31T23:59:59Z"}`), 422, 'invalid_request'],
  ['a moment that there is not', post(`${REPORT.slice(0, -1)},"run_at":"2026-02-30T25:61:61Z"}`), 422, 'invalid_request'],
  [
    'an upload with CR LF in its name',
    http('POST /v1/uploads?filename=a%0d%0aSet-Cookie:%20a', ['Content-Type: text/csv', 'Content-Length: 1'], 'a'),
    400,
    'invalid_query',
  ],
];

/** By what they attack. `{KEY}` stands for a valid API key; text is latin1, a character a byte. */
export const HOSTILE_REQUESTS: Readonly<Record<string, readonly HostileRequest[]>> = Object.fromEntries(
  Object.entries({ FRAMING, METHODS, PATHS, QUERIES, HEADERS, JSON_BODIES }).map(([kind, rows]) => [
    kind.toLowerCase().replace('_', ' '),
    rows.map(([name, text, status, code]) => ({
      name,
      bytes: Buffer.from(text, 'latin1'),
      status: [status].flat(),
      ...(code !== undefined && { code }),
    })),
  ]),
);

/** The bytes with the key that `{KEY}` stands for. */
export function bytesWithKey({ bytes }: HostileRequest, key: string): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll(KEY, key), 'latin1');
}

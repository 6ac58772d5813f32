type Values = Readonly<Record<string, unknown>>;
type CrossRule = (values: Values) => string | undefined;

/** Two listeners of one process on the same address cannot share a port; port 0 is never shared. */
function portsDiffer(first: string, second: string, keys: readonly [string, string]): CrossRule {
  return (values) => {
    const [a, b] = [values[keys[0]], values[keys[1]]];
    return a !== undefined && a !== 0 && a === b ? `${first} and ${second} are both ${a}; they must differ.` : undefined;
  };
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i;

/** Without keys whoever reaches a listener may use it. */
function loopbackWithoutKeys(name: string, key: string): CrossRule {
  return ({ auth, [key]: host }) =>
    auth === 'none' && typeof host === 'string' && !LOOPBACK.test(host)
      ? `${name} is ${JSON.stringify(host)}, and nobody is asked for a key there: without keys it must be a loopback address (127.0.0.1, ::1, localhost). Set JOBLINE_AUTH=keys and JOBLINE_KEY_PEPPER to listen elsewhere (docs/access.md).`
      : undefined;
}

const onePepper: CrossRule = ({ auth, keyPepper, keyPepperFile }) => {
  const count = [keyPepper, keyPepperFile].filter((pepper) => pepper !== undefined).length;
  if (count === 2) return 'JOBLINE_KEY_PEPPER and JOBLINE_KEY_PEPPER_FILE are both set; one of them must be left out.';
  return auth === 'keys' && count === 0
    ? 'JOBLINE_AUTH is keys and there is no pepper: set JOBLINE_KEY_PEPPER, or JOBLINE_KEY_PEPPER_FILE, to 32 or more random characters, e.g. from `openssl rand -base64 33`.'
    : undefined;
};

const oneListOfKeys: CrossRule = ({ signingKeys, signingKeysFile }) =>
  signingKeys !== undefined && signingKeysFile !== undefined
    ? 'JOBLINE_SIGNING_KEYS and JOBLINE_SIGNING_KEYS_FILE are both set; one of them must be left out.'
    : undefined;

const urlFitsHead: CrossRule = ({ maxUrlBytes, maxHeaderBytes }) =>
  Number(maxUrlBytes) > Number(maxHeaderBytes)
    ? `MAX_URL_BYTES is ${maxUrlBytes} and MAX_HEADER_BYTES ${maxHeaderBytes}; the URL is counted with the headers and must not be allowed to be larger.`
    : undefined;

/** A part of a request cannot take longer than the whole. */
function withinRequest(name: string, key: string): CrossRule {
  return ({ requestTimeoutMs, [key]: partMs }) =>
    Number(partMs) > Number(requestTimeoutMs)
      ? `${name} is ${partMs} and REQUEST_TIMEOUT_MS ${requestTimeoutMs}; a part of a request must not be given longer than the whole.`
      : undefined;
}

/** Rules between variables. A rule whose variables are unknown (wrong, or not of this role) is silent. */
export const CROSS_RULES: readonly CrossRule[] = [
  portsDiffer('PORT', 'ADMIN_PORT', ['port', 'adminPort']),
  portsDiffer('PORT', 'HEALTH_PORT', ['port', 'healthPort']),
  portsDiffer('ADMIN_PORT', 'HEALTH_PORT', ['adminPort', 'healthPort']),
  loopbackWithoutKeys('HOST', 'host'),
  loopbackWithoutKeys('ADMIN_HOST', 'adminHost'),
  onePepper,
  oneListOfKeys,
  ({ summarizeUrl, summarizeModel, workerConcurrency }) =>
    workerConcurrency !== undefined && summarizeUrl !== undefined && summarizeModel === undefined
      ? 'SUMMARIZE_URL is set and SUMMARIZE_MODEL is not; a worker needs both.'
      : undefined,
  ({ summarizeApiKey, summarizeApiKeyFile }) =>
    summarizeApiKey !== undefined && summarizeApiKeyFile !== undefined
      ? 'SUMMARIZE_API_KEY and SUMMARIZE_API_KEY_FILE are both set; one of them must be left out.'
      : undefined,
  ({ breakerProbeMs, breakerProbeMaxMs }) =>
    Number(breakerProbeMs) > Number(breakerProbeMaxMs)
      ? `BREAKER_PROBE_MS is ${breakerProbeMs} and BREAKER_PROBE_MAX_MS ${breakerProbeMaxMs}; the longest wait must not be shorter than the first.`
      : undefined,
  urlFitsHead,
  withinRequest('HEADERS_TIMEOUT_MS', 'headersTimeoutMs'),
  withinRequest('BODY_TIMEOUT_MS', 'bodyTimeoutMs'),
  ({ maxBodyBytes, maxUploadBytes }) =>
    Number(maxBodyBytes) > Number(maxUploadBytes)
      ? `MAX_BODY_BYTES is ${maxBodyBytes} and MAX_UPLOAD_BYTES ${maxUploadBytes}; a body must not be allowed to be larger than an upload.`
      : undefined,
];

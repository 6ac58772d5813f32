type Values = Readonly<Record<string, unknown>>;
type CrossRule = (values: Values) => string | undefined;

/** Two listeners of one process on the same address cannot share a port; port 0 is never shared. */
function portsDiffer(first: string, second: string, keys: readonly [string, string]): CrossRule {
  return (values) => {
    const [a, b] = [values[keys[0]], values[keys[1]]];
    return a !== undefined && a !== 0 && a === b ? `${first} and ${second} are both ${a}; they must differ.` : undefined;
  };
}

/** Rules between variables. A rule whose variables are unknown (wrong, or not of this role) is silent. */
export const CROSS_RULES: readonly CrossRule[] = [
  portsDiffer('PORT', 'ADMIN_PORT', ['port', 'adminPort']),
  portsDiffer('PORT', 'HEALTH_PORT', ['port', 'healthPort']),
  portsDiffer('ADMIN_PORT', 'HEALTH_PORT', ['adminPort', 'healthPort']),
  ({ maxBodyBytes, maxUploadBytes }) =>
    Number(maxBodyBytes) > Number(maxUploadBytes)
      ? `MAX_BODY_BYTES is ${maxBodyBytes} and MAX_UPLOAD_BYTES ${maxUploadBytes}; a body must not be allowed to be larger than an upload.`
      : undefined,
];

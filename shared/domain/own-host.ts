/** With an optional port; a browser sends no other form of a loopback address. */
const LOOPBACK = /^(?:(?:[a-z0-9-]+\.)*localhost\.?|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * Whether a Host header calls a server by a name of its own. A page of evil.example whose name is made to lead to 127.0.0.1 (DNS
 * rebinding) sends its own name.
 * @param names beside those of loopback, lower case.
 */
export function isOwnHost(host: string, names: readonly string[]): boolean {
  return LOOPBACK.test(host) || names.includes(host.toLowerCase().replace(/\.?(?::\d{1,5})?$/, ''));
}

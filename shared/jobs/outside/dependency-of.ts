/** Name of the breaker of a URL: its host, with the port where that is not the usual one. */
export function dependencyOf(url: string): string {
  return new URL(url).host;
}

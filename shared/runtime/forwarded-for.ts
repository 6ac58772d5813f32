/** More hops than this are not looked at. */
const MOST_HOPS = 32;
/** One element of a `Forwarded` list (RFC 7239). */
const ELEMENT = /\s*(?:"(?:\\.|[^"\\])*"|[^",])+/g;
/** One parameter of an element; a value in quotes may hold anything. */
const PARAMETER = /([\w-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^;"\s]*))/g;

/** `192.0.2.1:4711`, `[2001:db8::1]:4711`, `2001:db8::1` → the address alone. */
function withoutPort(node: string): string {
  const bracketed = /^\[([^\]]*)\](?::\w+)?$/.exec(node);
  if (bracketed) return bracketed[1]!;
  return /^[\d.]+:\w+$/.test(node) ? node.slice(0, node.indexOf(':')) : node;
}

/** Hops of an `X-Forwarded-For` header, the nearest last, without ports. They may be anything: nobody has checked them. */
export function hopsOfXForwardedFor(text: string): readonly string[] {
  return text
    .split(',')
    .slice(-MOST_HOPS)
    .map((part) => withoutPort(part.trim()));
}

function forOf(element: string): string {
  for (const [, name = '', quoted, bare = ''] of element.matchAll(PARAMETER))
    if (name.toLowerCase() === 'for') return quoted?.replace(/\\(.)/g, '$1') ?? bare;
  return '';
}

/** The same of a `Forwarded` header; an element without `for` is an empty hop. */
export function hopsOfForwarded(text: string): readonly string[] {
  return (text.match(ELEMENT) ?? []).slice(-MOST_HOPS).map((element) => withoutPort(forOf(element)));
}

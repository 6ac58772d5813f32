import { isIP } from 'node:net';

/** Bytes of an IP address in canonical or any other form that `net.isIP` takes: 4 or 16. undefined: it is none. */
export function addressBytes(address: string): readonly number[] | undefined {
  const bare = address.replace(/%.*$/, '');
  switch (isIP(bare)) {
    case 4:
      return bare.split('.').map(Number);
    case 6:
      return bytesOfV6(bare);
    default:
      return undefined;
  }
}

function bytesOfV6(address: string): readonly number[] {
  const [head = '', tail] = address.split('::');
  const before = groups(head);
  if (tail === undefined) return before;
  const after = groups(tail);
  return [...before, ...new Array<number>(16 - before.length - after.length).fill(0), ...after];
}

/** The last group may be an IPv4 address. */
function groups(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** Addresses that share their first bits. */
export interface AddressRange {
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** `10.0.0.0/8`, `::1`: a range, or a single address. undefined: it is none. */
export function parseRange(text: string): AddressRange | undefined {
  const [address = '', length, ...more] = text.split('/');
  const bytes = addressBytes(address);
  if (!bytes || more.length > 0 || address.includes('%')) return undefined;
  const most = bytes.length * 8;
  if (length === undefined) return { bytes, bits: most };
  return /^\d{1,3}$/.test(length) && Number(length) <= most ? { bytes, bits: Number(length) } : undefined;
}

/** Whether the address lies in the range; those of the other family never do. */
export function isInRange(address: readonly number[], { bytes, bits }: AddressRange): boolean {
  if (address.length !== bytes.length) return false;
  const whole = bits >> 3;
  const rest = bits & 7;
  if (!bytes.slice(0, whole).every((byte, index) => byte === address[index])) return false;
  return rest === 0 || bytes[whole]! >> (8 - rest) === address[whole]! >> (8 - rest);
}

import { z } from 'zod';
import { type About, type Role, type Variable, variable } from '../variable.ts';
import { parseRange } from './ip-address.ts';

const parts = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

const PORTS = /^(\d{1,5})(?:-(\d{1,5}))?$/;

function rangeOf(text: string): readonly [number, number] | undefined {
  const [, first, last = first] = PORTS.exec(text) ?? [];
  const range = [Number(first), Number(last)] as const;
  return range[0] >= 1 && range[0] <= range[1] && range[1] <= 65_535 ? range : undefined;
}

/** Ports and ranges of ports; first and last of each in the config. */
export function portRanges<const R extends Role>(
  about: About<R> & { default: string },
): Variable<readonly (readonly [number, number])[], R> {
  const schema = z
    .string()
    .refine((text) => parts(text).length > 0 && parts(text).every((part) => rangeOf(part)))
    .transform((text) => parts(text).map((part) => rangeOf(part)!));
  const allowed = 'ports and ranges from 1 to 65535, separated by commas, e.g. 443,8000-8999';
  return variable(schema, { type: 'port list', allowed, default: about.default }, about);
}

const HOST_NAME = /^(?=.*[a-z])[a-z0-9_.-]{1,253}$/i;

/** Host names, IP addresses and CIDR ranges. */
export function hostList<const R extends Role>(about: About<R>): Variable<readonly string[], R> {
  const schema = z
    .string()
    .transform(parts)
    .refine((list) => list.every((entry) => parseRange(entry) !== undefined || (HOST_NAME.test(entry) && !entry.includes('/'))));
  const allowed = 'host names, IP addresses and CIDR ranges, separated by commas, e.g. hooks.internal,10.1.0.0/16';
  return variable(schema, { type: 'host list', allowed, default: '' }, about);
}

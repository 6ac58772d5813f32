import { API_KEYS } from '../domain/api-key.ts';

const SECRET_PARAMETER = /([?&][^=&#\s"]*(?:password|passwd|secret|token|key|signature)[^=&#\s"]*=)[^&#\s"]+/gi;
const USER_INFO = /(\/\/)[^\s/@"']+@/g;
/** From a scheme to the last `@` before the next scheme. */
const USER_INFO_OF_EACH = /([a-z+]+:\/\/)(?:(?![a-z+]+:\/\/).)*@/gi;

/** Hides what must not be read in a log, anywhere in a text: credentials in URLs, and the secrets of API keys. */
export function maskSecrets(text: string): string {
  const masked = maskUrls(text);
  return masked.includes('pk_') ? masked.replace(API_KEYS, '$1***') : masked;
}

/** Hides credentials in URLs anywhere in a text, relative ones too: `amqp://user:pw@host` becomes `amqp://***@host`. */
function maskUrls(text: string): string {
  const masked = text.includes('//') ? text.replace(USER_INFO, '$1***@') : text;
  return masked.includes('=') ? masked.replace(SECRET_PARAMETER, '$1***') : masked;
}

/** Hides credentials in a value that should be a URL or a list of URLs but may be malformed. Rather too much than too little. */
export function maskUrlValue(value: string): string {
  const masked = value.replace(USER_INFO_OF_EACH, '$1***@');
  const isUrl = /^[a-z+]+:\/\//i.test(value);
  return (isUrl ? masked : masked.replace(/^.*@/, '***@')).replace(SECRET_PARAMETER, '$1***');
}

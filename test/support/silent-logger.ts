import type { Logger } from '../../shared/ports/logger.ts';

/** A logger that keeps what it is told. */
export function silentLogger(lines: { level: string; message: string; fields: object }[] = []): Logger {
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => silentLogger(lines) };
}

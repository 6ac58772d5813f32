import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { localModule } from './local-stack.ts';

interface FoundChromium {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
}

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
  // Nothing beyond this machine, whatever the browser would like to ask.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** A headless Chromium, with a profile and a home of its own. */
export interface TestBrowser {
  readonly browser: Browser;
  close(): Promise<void>;
}

/**
 * Starts Chromium, which is fetched where the machine has none.
 * @returns undefined, after saying why, where there is none to be had; in CI that is an error.
 */
export async function openBrowser(): Promise<TestBrowser | undefined> {
  const { findChromium } = await localModule<{ findChromium(log: (line: string) => void): Promise<FoundChromium> }>(
    'install/find-chromium.mjs',
  );
  let found: FoundChromium;
  try {
    found = await findChromium((line) => process.stderr.write(`${line}\n`));
  } catch (error) {
    if (process.env['CI']) throw error;
    process.stderr.write(`Tests in a browser are skipped: ${(error as Error).message}\n`);
    return undefined;
  }
  const home = mkdtempSync(join(tmpdir(), 'jobline-browser-'));
  const env = { ...process.env, ...found.env, HOME: home } as Record<string, string>;
  const browser = await chromium.launch({ executablePath: found.program, env, args: FLAGS, headless: true });
  return {
    browser,
    close: async () => {
      await browser.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { localModule } from '../local-stack.ts';
import { type RunbookSection, runbookSections, runbookSteps } from './runbook-page.ts';
import { ShellSession } from './shell-session.ts';
import { TROUBLES, type TroubledSystem } from './troubles.ts';

/** Pages of runbooks, in `docs/operations`. */
export const RUNBOOK_PAGES = ['alerts', 'procedures'] as const;

/** Sections of a page, and that of `docs/operations.md` which its reader pastes first. */
export function readRunbooks(page: (typeof RUNBOOK_PAGES)[number]): readonly RunbookSection[] {
  return runbookSections(readFileSync(join(projectRoot(), `docs/operations/${page}.md`), 'utf8'));
}

/** What a reader pastes before the first block. */
export function runbookPreamble(): string {
  const sections = runbookSections(readFileSync(join(projectRoot(), 'docs/operations.md'), 'utf8'));
  return sections.find(({ heading }) => heading === 'Before you begin')!.blocks[0]!.text;
}

interface CurlFinder {
  curlEnvironment(log: (line: string) => void): Promise<Record<string, string>>;
}

/** A folder in which an operator works: with `jobline`, node, curl and the build. */
export class RunbookDesk {
  readonly #folder = mkdtempSync(join(tmpdir(), 'jobline-runbook-'));
  readonly #at: TroubledSystem;
  readonly #key: string;

  /** @param key of scope admin, submit, read and cancel. */
  constructor(at: TroubledSystem, key: string) {
    this.#at = at;
    this.#key = key;
    const cli = join(projectRoot(), 'dist/services/cli/main.js');
    writeFileSync(join(this.#folder, 'jobline'), `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`, { mode: 0o755 });
    symlinkSync(join(projectRoot(), 'dist'), join(this.#folder, 'dist'));
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #environment(): Promise<Record<string, string>> {
    const { curlEnvironment } = await localModule<CurlFinder>('install/find-curl.mjs');
    const { api, admin, rabbitmqUrl, managementUrl, mongodbUrl } = this.#at.system.system;
    const found = await curlEnvironment(() => {});
    return {
      ...{ ...found, PATH: [this.#folder, dirname(process.execPath), found['PATH'] ?? process.env['PATH']].join(':'), HOME: this.#folder },
      ...{ JOBLINE_URL: api, JOBLINE_ADMIN_URL: admin, JOBLINE_API_KEY: this.#key, LOG_LEVEL: 'error' },
      ...{ RABBITMQ_URL: rabbitmqUrl, RABBITMQ_MANAGEMENT_URL: managementUrl ?? '', MONGODB_URL: mongodbUrl },
    };
  }

  /** Pastes the blocks of a section, in order, each into a terminal of its own. @throws Error that says which command did not do what its page says. */
  async follow({ heading, blocks }: RunbookSection): Promise<void> {
    const { env = {}, after } = (await TROUBLES[heading]?.(this.#at)) ?? {};
    for (const block of blocks.filter(({ language }) => language === 'sh')) {
      const session = new ShellSession(this.#folder, { ...(await this.#environment()), ...env });
      try {
        await session.run(runbookPreamble());
        for (const step of runbookSteps(block)) await session.hold(step);
      } finally {
        session.end();
      }
    }
    await after?.();
  }
}

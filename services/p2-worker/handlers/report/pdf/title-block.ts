import type { ReportProfile } from '../../../../../shared/domain/report-profile.ts';
import { dateText, keyFacts, sourceText } from '../wording/report-facts.ts';
import type { PageFlow } from './page-flow.ts';
import { COLORS } from './pdf-style.ts';
import type { Tag } from './pdf-tags.ts';

const TITLE = 24;

function title(flow: PageFlow, text: string, parent: Tag): void {
  const tag = flow.tags.element('H1', parent);
  for (const line of flow.canvas.wrap(text, flow.width, TITLE, 'strong', 3)) {
    flow.y += TITLE * 1.2;
    flow.tags.mark(tag, 'H1', () => flow.canvas.text(line, flow.left, flow.y, { size: TITLE, weight: 'strong', color: COLORS.ink }));
  }
  tag.end();
}

function details(flow: PageFlow, lines: readonly string[], parent: Tag): void {
  for (const line of lines) {
    flow.y += 13;
    flow.tags.leaf('P', parent, () =>
      flow.canvas.text(flow.canvas.fit(line, flow.width, 9.5), flow.left, flow.y, { size: 9.5, color: COLORS.soft }),
    );
  }
}

function facts(flow: PageFlow, profile: ReportProfile, parent: Tag): void {
  const all = keyFacts(profile);
  const step = flow.width / all.length;
  const top = flow.y;
  all.forEach((fact, index) => {
    const x = flow.left + index * step + (index === 0 ? 0 : 12);
    const width = step - (index === 0 ? 6 : 16);
    const { canvas, tags } = flow;
    if (index > 0)
      tags.artifact('Layout', () =>
        canvas.line(
          [
            [x - 12, top + 2],
            [x - 12, top + 54],
          ],
          COLORS.rule,
        ),
      );
    tags.leaf('P', parent, () => {
      canvas.text(fact.label, x, top + 10, { size: 8.5, color: COLORS.soft });
      canvas.text(canvas.fit(fact.value, width, 18, 'strong'), x, top + 31, { size: 18, weight: 'strong', color: COLORS.accent });
      const note = canvas.wrap(fact.note, width, 7.5, 'regular', 2);
      for (const [line, text] of note.entries()) canvas.text(text, x, top + 44 + line * 10, { size: 7.5, color: COLORS.soft });
    });
  });
  flow.y = top + 58;
}

/** Title, source, date and key figures at the top of the first page. */
export function titleBlock(flow: PageFlow, profile: ReportProfile, parent: Tag): void {
  flow.tags.artifact('Layout', () => flow.canvas.rect(flow.left, flow.y - 12, 36, 4, COLORS.accent));
  title(flow, profile.title, parent);
  flow.y += 8;
  details(flow, [`${profile.source.name} · ${sourceText(profile)}`, `Report of ${dateText(profile.createdAt)}`], parent);
  flow.y += 14;
  flow.tags.artifact('Layout', () =>
    flow.canvas.line(
      [
        [flow.left, flow.y],
        [flow.left + flow.width, flow.y],
      ],
      COLORS.rule,
    ),
  );
  flow.y += 8;
  facts(flow, profile, parent);
  flow.y += 6;
  flow.tags.artifact('Layout', () =>
    flow.canvas.line(
      [
        [flow.left, flow.y],
        [flow.left + flow.width, flow.y],
      ],
      COLORS.rule,
    ),
  );
}

import type { PageFlow } from './page-flow.ts';
import { COLORS } from './pdf-style.ts';
import type { Tag } from './pdf-tags.ts';

export interface ProseStyle {
  readonly size: number;
  readonly color: string;
  /** Distance of baselines, default 1.4 times the size. */
  readonly leading?: number;
}

export const BODY: ProseStyle = { size: 9.5, color: COLORS.ink };
export const SMALL: ProseStyle = { size: 8, color: COLORS.soft };

/** A section's heading with its bookmark; kept with at least `keep` points of what follows. */
export function heading(flow: PageFlow, text: string, parent: Tag, keep = 60): void {
  flow.need(30 + keep);
  flow.y += flow.isAtTop ? 8 : 20;
  flow.bookmark('section', text);
  flow.tags.leaf('H2', parent, () => flow.canvas.text(text, flow.left, flow.y + 8, { size: 14, weight: 'strong', color: COLORS.ink }));
  flow.y += 20;
}

/** Lines of one element, broken over pages where need be. */
function lines(flow: PageFlow, tag: Tag, type: string, wrapped: readonly string[], x: number, style: ProseStyle): void {
  const leading = style.leading ?? style.size * 1.4;
  for (const line of wrapped) {
    flow.need(leading);
    flow.y += leading;
    flow.tags.mark(tag, type, () => flow.canvas.text(line, x, flow.y - leading * 0.28, style));
  }
}

export function paragraph(flow: PageFlow, text: string, parent: Tag, style: ProseStyle = BODY): void {
  const tag = flow.tags.element('P', parent);
  lines(flow, tag, 'P', flow.canvas.wrap(text, flow.width, style.size), flow.left, style);
  tag.end();
  flow.y += style.size * 0.4;
}

/** A list with small squares before its items. */
export function bullets(flow: PageFlow, items: readonly string[], parent: Tag, style: ProseStyle = BODY): void {
  const list = flow.tags.element('L', parent);
  for (const text of items) {
    const item = flow.tags.element('LI', list);
    const body = flow.tags.element('LBody', item);
    const wrapped = flow.canvas.wrap(text, flow.width - 12, style.size);
    flow.need((style.leading ?? style.size * 1.4) * Math.min(2, wrapped.length));
    const middle = flow.y + style.size * 0.78;
    flow.tags.artifact('Layout', () => flow.canvas.rect(flow.left + 1, middle - 1.5, 3, 3, COLORS.accent));
    lines(flow, body, 'LBody', wrapped, flow.left + 12, style);
    item.end();
    flow.y += style.size * 0.3;
  }
  list.end();
}

/** Sentences on a tinted ground that ask for attention. */
export function callout(flow: PageFlow, title: string, items: readonly string[], parent: Tag): void {
  const size = 8.5;
  const wrapped = items.map((item) => flow.canvas.wrap(item, flow.width - 32, size));
  const height = 26 + wrapped.reduce((sum, one) => sum + one.length * size * 1.4 + 2, 0);
  if (height > flow.fullHeight / 2) {
    heading(flow, title, parent);
    bullets(flow, items, parent, { ...BODY, size });
    return;
  }
  flow.need(height + 10);
  flow.y += 10;
  const top = flow.y;
  flow.tags.artifact('Layout', () => {
    flow.canvas.rect(flow.left, top, flow.width, height, COLORS.warningFill);
    flow.canvas.rect(flow.left, top, 3, height, COLORS.warning);
  });
  flow.tags.leaf('H3', parent, () =>
    flow.canvas.text(title, flow.left + 12, top + 14, { size: 9, weight: 'strong', color: COLORS.warning }),
  );
  flow.y = top + 19;
  for (const one of wrapped) {
    const tag = flow.tags.element('P', parent);
    lines(flow, tag, 'P', one, flow.left + 12, { size, color: COLORS.ink });
    tag.end();
    flow.y += 2;
  }
  flow.y = top + height;
}

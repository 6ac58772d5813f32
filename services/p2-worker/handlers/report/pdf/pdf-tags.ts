/** An element of the document's structure, which screen readers follow. */
export type Tag = PDFKit.PDFStructureElement;

/** Builds the structure tree of a tagged PDF while its pages are drawn. */
export class PdfTags {
  readonly #doc: PDFKit.PDFDocument;
  readonly root: Tag;

  constructor(doc: PDFKit.PDFDocument) {
    this.#doc = doc;
    this.root = doc.struct('Document');
    doc.addStructure(this.root);
  }

  /** A new element at the end of `parent`, e.g. `H2`, `P`, `Table`. */
  element(
    type: string,
    parent: Tag,
    options: { readonly alt?: string; readonly scope?: 'Column' | 'Row'; readonly bbox?: readonly number[] } = {},
  ): Tag {
    const tag = this.#doc.struct(type, options as PDFKit.Mixins.StructureElementOptions);
    parent.add(tag);
    return tag;
  }

  /** Draws content that belongs to the element; must not break a page. */
  mark(tag: Tag, type: string, draw: () => void): void {
    const content = this.#doc.markStructureContent(type);
    draw();
    this.#doc.endMarkedContent();
    tag.add(content);
  }

  /** One element whose content is drawn at once. */
  leaf(
    type: string,
    parent: Tag,
    draw: () => void,
    options: { readonly alt?: string; readonly scope?: 'Column' | 'Row'; readonly bbox?: readonly number[] } = {},
  ): void {
    const tag = this.element(type, parent, options);
    this.mark(tag, type, draw);
    tag.end();
  }

  /** Draws what is not content: rules, backgrounds, page numbers. */
  artifact(type: 'Layout' | 'Pagination', draw: () => void): void {
    this.#doc.markContent('Artifact', { type });
    draw();
    this.#doc.endMarkedContent();
  }
}

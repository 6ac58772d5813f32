import { columnLetters } from './cells.ts';
import { type SheetSpec, sheetRef } from './sheet.ts';
import { xmlText } from './xml-text.ts';

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const TYPES = 'application/vnd.openxmlformats-officedocument';

/** What kind of part each file of the package is. */
export function contentTypesXml(sheets: number, charts: number): string {
  const part = (name: string, type: string) => `<Override PartName="/${name}" ContentType="${type}"/>`;
  const numbered = (count: number, name: (n: number) => string, type: string) =>
    Array.from({ length: count }, (_, index) => part(name(index + 1), type)).join('');
  return `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${[
    part('xl/workbook.xml', `${TYPES}.spreadsheetml.sheet.main+xml`),
    numbered(sheets, (n) => `xl/worksheets/sheet${n}.xml`, `${TYPES}.spreadsheetml.worksheet+xml`),
    part('xl/styles.xml', `${TYPES}.spreadsheetml.styles+xml`),
    charts > 0 ? part('xl/drawings/drawing1.xml', `${TYPES}.drawing+xml`) : '',
    numbered(charts, (n) => `xl/charts/chart${n}.xml`, `${TYPES}.drawingml.chart+xml`),
    part('docProps/core.xml', 'application/vnd.openxmlformats-package.core-properties+xml'),
    part('docProps/app.xml', `${TYPES}.extended-properties+xml`),
  ].join('')}</Types>`;
}

/** A relationship: type below the office namespace (or a full URL) and target. */
export type Relationship = readonly [type: string, target: string];

/** Relationships rId1, rId2, ... in the order given. */
export function relationshipsXml(relationships: readonly Relationship[]): string {
  const items = relationships.map(([type, target], index) => {
    const url = type.startsWith('http') ? type : `${OFFICE}/relationships/${type}`;
    return `<Relationship Id="rId${index + 1}" Type="${url}" Target="${target}"/>`;
  });
  return `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${items.join('')}</Relationships>`;
}

export function packageRelationshipsXml(): string {
  return relationshipsXml([
    ['officeDocument', 'xl/workbook.xml'],
    [`${PACKAGE}/relationships/metadata/core-properties`, 'docProps/core.xml'],
    ['extended-properties', 'docProps/app.xml'],
  ]);
}

function namesXml(sheets: readonly SheetSpec[]): string {
  const names = sheets.flatMap(({ name, filter, frozen }, index) => {
    const local = `localSheetId="${index}"`;
    const range = filter && filter.columns > 0 ? `$A$1:$${columnLetters(filter.columns - 1)}$${filter.lastRow}` : undefined;
    return [
      range ? `<definedName name="_xlnm._FilterDatabase" ${local} hidden="1">${xmlText(sheetRef(name, range))}</definedName>` : '',
      frozen ? `<definedName name="_xlnm.Print_Titles" ${local}>${xmlText(sheetRef(name, '$1:$1'))}</definedName>` : '',
    ];
  });
  return names.every((name) => name === '') ? '' : `<definedNames>${names.join('')}</definedNames>`;
}

/** The list of sheets, with the names that filters and repeated header rows need. */
export function workbookXml(sheets: readonly SheetSpec[]): string {
  const items = sheets.map(({ name }, index) => `<sheet name="${xmlText(name)}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`);
  return `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}/relationships"><workbookPr defaultThemeVersion="124226"/><bookViews><workbookView xWindow="0" yWindow="0" windowWidth="24000" windowHeight="14000"/></bookViews><sheets>${items.join('')}</sheets>${namesXml(sheets)}<calcPr calcId="191029" fullCalcOnLoad="1"/></workbook>`;
}

/** Title, author and date of the file. */
export function corePropertiesXml(title: string, createdAt: string): string {
  const at = `${new Date(createdAt).toISOString().slice(0, 19)}Z`;
  return `${HEAD}<cp:coreProperties xmlns:cp="${PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>${xmlText(title)}</dc:title><dc:creator>Jobline</dc:creator><dcterms:created xsi:type="dcterms:W3CDTF">${at}</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">${at}</dcterms:modified></cp:coreProperties>`;
}

export function appPropertiesXml(): string {
  return `${HEAD}<Properties xmlns="${OFFICE}/extended-properties"><Application>Jobline</Application></Properties>`;
}

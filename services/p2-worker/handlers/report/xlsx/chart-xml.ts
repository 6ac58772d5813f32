import { xmlText } from './xml-text.ts';

/** A native chart: bars whose labels and values are cells of the workbook. */
export interface ChartSpec {
  readonly title: string;
  /** In words, for screen readers. */
  readonly alt: string;
  /** Histograms stand, ranked values lie. */
  readonly kind: 'columns' | 'bars' | 'line';
  readonly seriesName: string;
  readonly labels: { readonly ref: string; readonly texts: readonly string[] };
  readonly values: { readonly ref: string; readonly numbers: readonly (number | undefined)[] };
}

const NS =
  'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"';
const LONGEST_TITLE = 120;

const solid = (color: string) => `<a:solidFill><a:srgbClr val="${color}"/></a:solidFill>`;
const lineXml = (color: string) => `<c:spPr><a:ln w="6350">${solid(color)}</a:ln></c:spPr>`;
const textXml = `<c:txPr><a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr sz="800">${solid('5A6876')}</a:defRPr></a:pPr><a:endParaRPr lang="en-US"/></a:p></c:txPr>`;

function titleXml(title: string): string {
  const text = xmlText([...title.slice(0, LONGEST_TITLE * 2)].slice(0, LONGEST_TITLE).join(''));
  const run = `<a:r><a:rPr lang="en-US" sz="1100" b="1">${solid('1C2733')}</a:rPr><a:t>${text}</a:t></a:r>`;
  return `<c:title><c:tx><c:rich><a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr sz="1100" b="1"/></a:pPr>${run}</a:p></c:rich></c:tx><c:overlay val="0"/></c:title>`;
}

function labelsXml({ labels }: ChartSpec): string {
  const points = labels.texts.map((text, index) => `<c:pt idx="${index}"><c:v>${xmlText(text.slice(0, 255))}</c:v></c:pt>`);
  return `<c:cat><c:strRef><c:f>${xmlText(labels.ref)}</c:f><c:strCache><c:ptCount val="${points.length}"/>${points.join('')}</c:strCache></c:strRef></c:cat>`;
}

function valuesXml({ values }: ChartSpec): string {
  const points = values.numbers.map((number, index) => (number === undefined ? '' : `<c:pt idx="${index}"><c:v>${number}</c:v></c:pt>`));
  return `<c:val><c:numRef><c:f>${xmlText(values.ref)}</c:f><c:numCache><c:formatCode>General</c:formatCode><c:ptCount val="${points.length}"/>${points.join('')}</c:numCache></c:numRef></c:val>`;
}

function seriesXml(spec: ChartSpec): string {
  const head = `<c:ser><c:idx val="0"/><c:order val="0"/><c:tx><c:v>${xmlText(spec.seriesName)}</c:v></c:tx>`;
  if (spec.kind === 'line') {
    const line = `<c:spPr><a:ln w="22225">${solid('4A86B0')}</a:ln></c:spPr><c:marker><c:symbol val="none"/></c:marker>`;
    return `${head}${line}${labelsXml(spec)}${valuesXml(spec)}<c:smooth val="0"/></c:ser>`;
  }
  return `${head}<c:spPr>${solid('4A86B0')}</c:spPr><c:invertIfNegative val="0"/>${labelsXml(spec)}${valuesXml(spec)}</c:ser>`;
}

function plotXml(spec: ChartSpec): string {
  const axes = '<c:axId val="1"/><c:axId val="2"/>';
  if (spec.kind === 'line')
    return `<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>${seriesXml(spec)}<c:marker val="1"/>${axes}</c:lineChart>`;
  const [direction, gap] = spec.kind === 'bars' ? ['bar', 45] : ['col', 6];
  return `<c:barChart><c:barDir val="${direction}"/><c:grouping val="clustered"/><c:varyColors val="0"/>${seriesXml(spec)}<c:gapWidth val="${gap}"/>${axes}</c:barChart>`;
}

function axesXml({ kind }: ChartSpec): string {
  const isBars = kind === 'bars';
  const ticks = '<c:majorTickMark val="none"/><c:minorTickMark val="none"/>';
  const category = `<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="${isBars ? 'maxMin' : 'minMax'}"/></c:scaling><c:delete val="0"/><c:axPos val="${isBars ? 'l' : 'b'}"/><c:numFmt formatCode="General" sourceLinked="0"/>${ticks}<c:tickLblPos val="low"/>${lineXml('8A96A3')}${textXml}<c:crossAx val="2"/><c:crosses val="autoZero"/><c:auto val="0"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/><c:noMultiLvlLbl val="1"/></c:catAx>`;
  const grid = `<c:majorGridlines>${lineXml('E6EAEE')}</c:majorGridlines>`;
  const value = `<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="${isBars ? 't' : 'l'}"/>${grid}<c:numFmt formatCode="#,##0.##########" sourceLinked="0"/>${ticks}<c:tickLblPos val="nextTo"/><c:spPr><a:ln><a:noFill/></a:ln></c:spPr>${textXml}<c:crossAx val="1"/><c:crosses val="${isBars ? 'max' : 'autoZero'}"/><c:crossBetween val="between"/></c:valAx>`;
  return category + value;
}

/** The chart as a part of the workbook, with its values cached for programs that do not read the cells. */
export function chartXml(spec: ChartSpec): string {
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<c:chartSpace ${NS}><c:roundedCorners val="0"/><c:chart>${titleXml(spec.title)}<c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>${plotXml(spec)}${axesXml(spec)}</c:plotArea><c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart><c:spPr>${solid('FFFFFF')}<a:ln w="6350">${solid('D5DCE3')}</a:ln></c:spPr></c:chartSpace>`;
}

const GRID = { top: 2, columnStep: 9, rowStep: 18, rowsOnPage: 2 };

/** Rows of the charts' sheet after which a printed page ends, so that no chart is cut. */
export function chartPageBreaks(charts: number): readonly number[] {
  const rows = Math.ceil(charts / 2);
  const pages = Math.ceil(rows / GRID.rowsOnPage);
  return Array.from({ length: pages - 1 }, (_, index) => GRID.top + (index + 1) * GRID.rowsOnPage * GRID.rowStep);
}

/** Charts in a grid of two, each 8 columns wide and 17 rows high. */
export function drawingXml(charts: readonly ChartSpec[]): string {
  const anchors = charts.map(({ title, alt }, index) => {
    const [column, row] = [(index % 2) * GRID.columnStep, GRID.top + Math.floor(index / 2) * GRID.rowStep];
    const at = (x: number, y: number) =>
      `<xdr:col>${x}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>${y}</xdr:row><xdr:rowOff>0</xdr:rowOff>`;
    const properties = `<xdr:cNvPr id="${index + 2}" name="${xmlText(`Chart ${index + 1}: ${title.slice(0, 100)}`)}" descr="${xmlText(alt.slice(0, 1_000))}"/>`;
    return `<xdr:twoCellAnchor><xdr:from>${at(column, row)}</xdr:from><xdr:to>${at(column + 8, row + 17)}</xdr:to><xdr:graphicFrame macro=""><xdr:nvGraphicFramePr>${properties}<xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" r:id="rId${index + 1}"/></a:graphicData></a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor>`;
  });
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">${anchors.join('')}</xdr:wsDr>`;
}

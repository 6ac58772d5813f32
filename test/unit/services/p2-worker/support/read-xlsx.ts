import { unzipSync } from 'fflate';
import readSheets from 'read-excel-file/node';

/** A workbook as another library reads it, and its parts as XML. */
export interface XlsxFile {
  readonly sheetNames: readonly string[];
  /** Values by sheet, row and column. */
  readonly values: ReadonlyMap<string, readonly (readonly unknown[])[]>;
  /** XML by path in the package. */
  readonly parts: ReadonlyMap<string, string>;
  /** XML of a sheet by its name. */
  sheetXml(name: string): string;
}

/** Reads a workbook with read-excel-file, and its parts with fflate. */
export async function readXlsx(bytes: Buffer): Promise<XlsxFile> {
  const sheets = await readSheets(bytes, { trim: false });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const parts = new Map(Object.entries(unzipSync(bytes)).map(([path, content]) => [path, decoder.decode(content)]));
  const sheetNames = sheets.map(({ sheet }) => sheet);
  return {
    sheetNames,
    values: new Map(sheets.map(({ sheet, data }) => [sheet, data])),
    parts,
    sheetXml: (name) => parts.get(`xl/worksheets/sheet${sheetNames.indexOf(name) + 1}.xml`) ?? '',
  };
}

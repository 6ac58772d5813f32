import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { unzipSync } from 'fflate';
import type { ReportOptions } from '../../../../shared/domain/report-profile.ts';
import { projectRoot } from '../../../../shared/runtime/project-root.ts';
import { readXlsx } from './support/read-xlsx.ts';
import { runStages } from './support/run-stages.ts';

/** Runs both processes on a file of vega-datasets. */
async function report(file: string, options: Partial<ReportOptions>): Promise<ReadonlyMap<string, Buffer>> {
  return await runStages(file, await readFile(join(projectRoot(), 'node_modules', 'vega-datasets', 'data', file)), options);
}

/** Data on which a renderer has failed, or is likely to. */
const HOSTILE: Readonly<Record<string, string>> = {
  'integers beyond 2^53 and 2^63':
    'a,b,c\n9007199254740993,9223372036854775807,123456789012345678901234567890\n9007199254740995,-9223372036854775808,0\n9007199254740993,18446744073709551615,-1\n',
  'decimals at the ends of a double': 'a,b\n1e308,1e-320\n-1.7e308,-5e-324\n0,0\n',
  'dates of the first and the last year': 'd,t\n0001-01-01,0001-01-01T00:00:00Z\n9999-12-31,9999-12-31T23:59:59Z\n',
  'a header and no rows': 'a,b\n',
  'one cell': 'v\n1\n',
  'headers in many scripts': '日本語,العربية,עברית,😀👍🏽,हिन्दी,ไทย,e\u0301\n1,2,3,4,5,6,7\n',
  'very long cells': `a\n${'x'.repeat(200_000)}\n${'日'.repeat(60_000)}\n${'w '.repeat(50_000)}\n`,
  'markup and formulas': '<script>,=1+1,"""><svg onload=x>"\n</td>,=cmd,@x\n',
  controls: 'a\u0001,b\n\u001b[31m,\u202ex\n',
  'all missing': 'a,b\n,\n,\n',
};

/** XML of the second sheet, without the cost of reading all values. */
function secondSheet(bytes: Buffer): string {
  const path = 'xl/worksheets/sheet2.xml';
  return Buffer.from(unzipSync(bytes, { filter: ({ name }) => name === path })[path]!).toString('utf8');
}

describe('Both processes of report', function () {
  this.timeout(120_000);

  it('on the weather of Seattle by kind, end with files that hold the means', async () => {
    const files = await report('seattle-weather.csv', {
      group_by: ['weather'],
      metrics: [{ fn: 'mean', column: 'temp_max' }, { fn: 'count' }],
      sort: [{ column: 'count', order: 'desc' }],
    });
    const rows = files.get('table.csv')!.toString('utf8').split('\r\n');
    expect(rows[1]).to.match(/^rain,13\.454\d+,641$/);
    const html = files.get('report.html')!.toString('utf8');
    expect(html).to.include('“mean(temp_max)” is greatest for “sun” (19.862) and least for “snow” (5.573).');
    expect((await readXlsx(files.get('report.xlsx')!)).values.get('Result')!.map((row) => row[0])).to.deep.equal([
      'weather',
      'rain',
      'sun',
      'fog',
      'drizzle',
      'snow',
    ]);
    expect(files.get('report.pdf')!.subarray(0, 8).toString()).to.equal('%PDF-1.7');
  });

  it('on 100,000 flights, have every row in XLSX and CSV', async () => {
    const files = await report('flights-3m.parquet', { limit: 100_000, formats: ['xlsx', 'csv'] });
    const csv = files.get('table.csv')!.toString('utf8');
    expect(csv.split('\r\n')).to.have.length(100_002);
    const sheetXml = secondSheet(files.get('report.xlsx')!);
    expect(sheetXml.match(/<row /g)).to.have.length(100_001);
    expect(sheetXml).to.include('<autoFilter ref="A1:E100001"/>');
  });

  for (const [situation, content] of Object.entries(HOSTILE)) {
    it(`on ${situation}, end with every file`, async () => {
      const files = await runStages('hostile.csv', Buffer.from(content), {});
      expect([...files.keys()]).to.have.members(['report.pdf', 'report.xlsx', 'report.html', 'table.csv', 'columns.csv']);
      expect((await readXlsx(files.get('report.xlsx')!)).values.get('Columns')).to.have.length(
        content.split('\n')[0]!.split(',').length + 1,
      );
    });
  }
});

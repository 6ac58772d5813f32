import type { Cell } from '../../../../../shared/domain/report-profile.ts';
import type { Dataset } from './make-profile.ts';

/** Headers in many scripts, right-to-left ones and emoji among them. */
export const SCRIPTS: Dataset = {
  title: 'Übersicht: продажи, πωλήσεις, 売上, 매출, 销售额',
  columns: [
    { name: 'Größe in Köln', type: 'text' },
    { name: 'Περιοχή', type: 'text' },
    { name: 'Город', type: 'text' },
    { name: '都道府県の名前', type: 'text' },
    { name: '销售额与订单', type: 'text' },
    { name: '지역별 매출액', type: 'text' },
    { name: 'שם העיר', type: 'text' },
    { name: 'المدينة', type: 'text' },
    { name: 'ภาษาไทย', type: 'text' },
    { name: 'emoji 🚀', type: 'text' },
  ],
  rows: Array.from({ length: 6 }, (_, index): readonly Cell[] => [
    ['groß', 'größer'][index % 2]!,
    ['Αθήνα', 'Θεσσαλονίκη'][index % 2]!,
    ['Москва', 'Владивосток'][index % 2]!,
    ['東京都', '神奈川県'][index % 2]!,
    ['北京市', '上海市'][index % 2]!,
    ['서울특별시', '부산광역시'][index % 2]!,
    ['ירושלים', 'חיפה'][index % 2]!,
    ['القاهرة', 'دمشق'][index % 2]!,
    ['กรุงเทพ', 'เชียงใหม่'][index % 2]!,
    ['😀', '✓'][index % 2]!,
  ]),
};

/** Texts that attack the formats: markup, formulas, control characters, half characters, endless words. */
export const HOSTILE: Dataset = {
  title: '<script>alert("title")</script> & \'quotes\'',
  columns: [
    { name: '<img src=x onerror=alert(1)>', type: 'text' },
    { name: '=HYPERLINK("http://evil.example","x")', type: 'text' },
    { name: '"quoted", with comma', type: 'text' },
    { name: 'w'.repeat(900), type: 'text' },
    { name: 'bell \u0007 half \ud83d end', type: 'text' },
    { name: 'all missing', type: 'decimal' },
    { name: 'huge', type: 'integer' },
  ],
  rows: [
    [
      '</text></svg><script>alert(2)</script>',
      '=1+1',
      'a "b"',
      'x'.repeat(40_000),
      '\u0000\u0001\u001b',
      null,
      '123456789012345678901234567890',
    ],
    ['" onmouseover="alert(3)', '+SUM(A1)', 'line\nbreak', 'y', '\udc00', null, '-123456789012345678901234567890'],
    ["';--", '-2+3', 'cr\rhere', '', '_x0041_', null, 9_007_199_254_740_991],
    [']]>', '@cmd', 'tab\there', '   ', '\ufffe', null, 7],
    ['&amp;', '\t=1', ' lead', 'z', '\u202eevil', null, -7],
    ['ok', '＝1+1', 'ok', 'ok', 'ok', null, 0],
  ],
};

/** So many columns, alternately text and decimal, over 40 rows. */
export function wideDataset(columns: number): Dataset {
  return {
    title: `Table of ${columns} columns`,
    columns: Array.from({ length: columns }, (_, index) => ({
      name: `measurement_${index + 1}`,
      type: index % 2 ? ('decimal' as const) : ('text' as const),
    })),
    rows: Array.from({ length: 40 }, (_, row) =>
      Array.from({ length: columns }, (_, index) => (index % 2 ? Math.round(Math.sin(row * index) * 1_000) / 10 : `s${row % 7}`)),
    ),
  };
}

/** Cars by origin: a grouped result with a missing key and a negative metric. */
export const GROUPED: Dataset = {
  title: 'Cars by origin',
  columns: [
    { name: 'Origin', type: 'text' },
    { name: 'Power', type: 'integer' },
  ],
  rows: [
    ['USA', 130],
    ['USA', 165],
    ['Japan', 88],
    [null, 90],
    ['Europe', -46],
  ],
  options: {
    group_by: ['Origin'],
    metrics: [{ fn: 'mean', column: 'Power' }, { fn: 'count' }],
    filter: [{ column: 'Power', op: 'lt', value: 200 }],
    sort: [{ column: 'mean(Power)', order: 'desc' }],
  },
  totalRows: 6,
  table: {
    kind: 'groups',
    columns: [
      { name: 'Origin', type: 'text' },
      { name: 'mean(Power)', type: 'decimal' },
      { name: 'count', type: 'integer' },
    ],
    totalRows: 4,
    storedRows: 4,
  },
};

/** The rows of `GROUPED`'s table. */
export const GROUPED_ROWS: Dataset['rows'] = [
  ['USA', 147.5, 2],
  [null, 90, 1],
  ['Japan', 88, 1],
  ['Europe', -46, 1],
];

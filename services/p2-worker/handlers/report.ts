import type { StageHandler } from '../../../shared/ports/stage-handler.ts';
import { readReportInput, StageInputError } from './report/input/report-input.ts';
import { viewReport } from './report/input/report-view.ts';
import { renderReport } from './report/render-report.ts';

/**
 * Process 2 of `report`: renders profile.json and table.ndjson as PDF, XLSX, HTML and CSV, as `options.formats` asks.
 * Rejects when Process 1 handed over files that it does not understand.
 */
export const handle: StageHandler = async (task, tools) => {
  try {
    const view = await viewReport(await readReportInput(task), tools.signal);
    const { artifacts, pages } = await renderReport(view, task.outDir, tools);
    const { rows, columns, table } = view.profile;
    const counts = { rows: rows.afterFilter, columns: columns.length, table_rows: table.storedRows };
    return { kind: 'done', artifacts, summary: { ...(pages === undefined ? {} : { pages }), ...counts } };
  } catch (error) {
    if (!(error instanceof StageInputError)) throw error;
    return { kind: 'reject', error: { code: 'stage_input_invalid', message: error.message, errorClass: 'reject' } };
  }
};

import type { Outcome } from '../../../../shared/ports/stage-handler.ts';

/** Why a dataset or its options cannot be processed; stable codes, listed in docs/errors.md. */
export type RejectionCode =
  | 'input_missing'
  | 'empty_file'
  | 'unsupported_format'
  | 'binary_content'
  | 'encoding_unknown'
  | 'gzip_malformed'
  | 'archive_too_large'
  | 'csv_malformed'
  | 'json_malformed'
  | 'json_not_tabular'
  | 'parquet_malformed'
  | 'record_too_long'
  | 'too_many_columns'
  | 'no_columns'
  | 'unknown_column'
  | 'invalid_filter'
  | 'invalid_metric'
  | 'invalid_options'
  | 'dataset_too_large';

/** Bad input: trying again cannot help. The message is one sentence for the user, without paths of the server. */
export class ReportRejection extends Error {
  readonly code: RejectionCode;
  readonly detail: Readonly<Record<string, unknown>> | undefined;

  constructor(code: RejectionCode, message: string, detail?: Readonly<Record<string, unknown>>) {
    super(message);
    this.name = 'ReportRejection';
    this.code = code;
    this.detail = detail;
  }

  toOutcome(): Outcome {
    const message = this.message.slice(0, 2_000);
    return { kind: 'reject', error: { code: this.code, message, errorClass: 'reject', ...(this.detail && { detail: this.detail }) } };
  }
}

/** Text of the user's for a message: quoted, cut at 80 characters, without control characters. */
export function quoted(text: string): string {
  const characters = [...text];
  const cut = characters.length > 80 ? `${characters.slice(0, 80).join('')}…` : text;
  return JSON.stringify(cut);
}

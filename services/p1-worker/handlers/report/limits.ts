const MIB = 1_048_576;

/** Columns of a dataset: so many fit the memory of 500 MiB (measured: 2,000 do not). */
export const MAX_COLUMNS = 1_000;
/** Columns that are handled at once where all of them are needed. */
export const WIDE_COLUMNS = 40;
/** Bytes of one CSV record, and of one JSON object. */
export const MAX_RECORD_BYTES = 16 * MIB;
/** Bytes that a compressed file may unpack to. */
export const MAX_UNPACKED_BYTES = 8 * 1_024 * MIB;
/** Unpacked size over packed size, looked at once more than `RATIO_FLOOR_BYTES` are out. */
export const MAX_UNPACK_RATIO = 100;
export const RATIO_FLOOR_BYTES = 64 * MIB;
/** Bytes read at a time. */
export const BLOCK_BYTES = 262_144;
/** Sentences kept in `warnings`. */
export const MAX_WARNINGS = 50;
/** Characters of a text value shown in the profile. */
export const SHOWN_CHARACTERS = 200;

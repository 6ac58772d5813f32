import type { Document } from 'mongodb';
import { InvalidCursorError } from '../domain/failures.ts';

/** The place after which a page goes on: lists are ordered by a moment, then id, newest first. */
export interface JobCursor {
  /** Of a list of dead letters: the failure. */
  readonly createdAt: Date;
  readonly id: string;
}

const PLACE = /^(\d{1,15}):([A-Za-z0-9|:.-]{1,150})$/;

/** An opaque text for a place. */
export function encodeCursor({ createdAt, id }: JobCursor): string {
  return Buffer.from(`${createdAt.getTime()}:${id}`).toString('base64url');
}

/** @throws InvalidCursorError for a text that `encodeCursor` did not make. */
export function decodeCursor(text: string): JobCursor {
  const place = PLACE.exec(Buffer.from(text, 'base64url').toString());
  if (!place || encodeCursor({ createdAt: new Date(Number(place[1])), id: place[2]! }) !== text) {
    throw new InvalidCursorError('The page token is not one that this service has issued.');
  }
  return { createdAt: new Date(Number(place[1])), id: place[2]! };
}

/** What comes after a place. @param after a cursor. @throws InvalidCursorError. */
export function olderThan(after: string): Document {
  const { createdAt, id } = decodeCursor(after);
  return { $or: [{ createdAt: { $lt: createdAt } }, { createdAt: { $eq: createdAt }, _id: { $lt: id } }] };
}

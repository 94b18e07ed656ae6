import { Readable } from 'node:stream';
import * as contentDisposition from 'content-disposition';
import type { FastifyReply } from 'fastify';
import { INERT } from '../http/send-blob.ts';
import { zipStream } from '../storage/archive/index.ts';
import { toCsv, toJson, type WholeBoard } from './export.ts';

export const BOARD_FORMATS = ['csv', 'json', 'zip'] as const;
export type BoardFormat = (typeof BOARD_FORMATS)[number];

const MEDIA_TYPES: Readonly<Record<BoardFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
  zip: 'application/zip',
};

/** The bytes of a board to download; a zip holds it as CSV and as JSON. */
export function boardFile(format: BoardFormat, whole: WholeBoard): Readable {
  switch (format) {
    case 'csv':
      return Readable.from(toCsv(whole));
    case 'json':
      return Readable.from(toJson(whole));
    case 'zip':
      return zipStream([
        { name: 'leaderboard.csv', open: async () => Readable.from(toCsv(whole)) },
        { name: 'leaderboard.json', open: async () => Readable.from(toJson(whole)) },
      ]);
    default:
      return format satisfies never;
  }
}

/** What goes before it. */
export function describeBoardFile(reply: FastifyReply, name: string, format: BoardFormat): FastifyReply {
  return reply
    .header('content-security-policy', INERT)
    .header('content-disposition', contentDisposition.create(`${name}.${format}`))
    .header('cache-control', 'private, no-store')
    .type(MEDIA_TYPES[format]);
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AskedQuestion, MaterialKind, Person } from '../question.ts';
import { sha256 } from '../store.ts';

export const ADA: Person = { name: 'ada', organization: 'Hospital North' };
export const BEN: Person = { name: 'ben', organization: 'Registry' };
export const CLEO: Person = { name: 'cleo', organization: 'Hospital North' };
export const EVE: Person = { name: 'eve', organization: 'Widget  AI' };

export const ASKED_AT = Date.parse('2026-03-01T10:00:00.000Z');
export const REMIND_AFTER_MS = 60_000;
export const REFUSE_AFTER_MS = 3_600_000;

export interface AskOptions {
  readonly id?: string;
  readonly material?: readonly { kind: MaterialKind; mediaType: string; content: string | Uint8Array }[];
  readonly settings?: Partial<AskedQuestion>;
}

/** A question whose material lies in `folder`. */
export async function questionIn(
  folder: string,
  { id = 'review-1', material, settings }: AskOptions = {},
): Promise<AskedQuestion> {
  const pieces = material ?? [
    { kind: 'logs' as const, mediaType: 'text/plain', content: 'patient 17: ok\ndone\n' },
  ];
  const asked = [];
  for (const [index, { kind, mediaType, content }] of pieces.entries()) {
    const bytes = Buffer.from(content);
    const path = join(folder, `${id}-${index}`);
    await writeFile(path, bytes);
    asked.push({ kind, mediaType, path, digest: sha256(bytes), bytes: bytes.length });
  }
  return {
    id,
    kind: 'review',
    run: '17',
    attempt: 1,
    competition: { id: '7', title: 'Sepsis' },
    submitter: { id: '3@hub', name: 'eve' },
    submitterOrganization: 'widget ai',
    dataset: 'ward@1',
    createdAt: new Date(ASKED_AT).toISOString(),
    remindAt: new Date(ASKED_AT + REMIND_AFTER_MS).toISOString(),
    refuseAt: new Date(ASKED_AT + REFUSE_AFTER_MS).toISOString(),
    reviewersNeeded: 1,
    blind: false,
    material: asked,
    ...settings,
  };
}

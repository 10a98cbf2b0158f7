import type { OwnTransaction, Sql } from './app-database.ts';

/** Files of evidence, kept with the partner whose case they support. */

export interface NewEvidence {
  readonly id: string;
  readonly partnerId: string;
  readonly name: string;
  readonly mediaType: string;
  readonly sha256: string;
  readonly content: Buffer;
  readonly uploadedBy: string;
  readonly atMs: number;
}

export async function keepEvidence(transaction: OwnTransaction, file: NewEvidence): Promise<void> {
  await transaction.$executeRaw`insert into evidence_file (id, partner_id, name, media_type, size_bytes, sha256, content, uploaded_by, uploaded_at)
    values (${file.id}, ${file.partnerId}, ${file.name}, ${file.mediaType}, ${file.content.length}, ${file.sha256}, ${file.content}, ${file.uploadedBy},
      ${new Date(file.atMs).toISOString()}::timestamptz)`;
}

/** One file; null when there is none or it is another partner's. */
export async function findEvidence(
  sql: Sql,
  id: string,
): Promise<{ name: string; mediaType: string; content: Buffer } | null> {
  const rows = await sql.rows<{ name: string; mediaType: string; content: Buffer }>(
    'select name, media_type as "mediaType", content from evidence_file where id = $1',
    [id],
  );
  return rows[0] ?? null;
}

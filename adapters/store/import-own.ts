import { createHash } from 'node:crypto';
import type { OwnTransaction } from './app-database.ts';

/** Files of customers, direct deals and registrations in flight: looked at first, then stored whole by the worker. */

export type ImportKind = 'accounts' | 'direct_deals' | 'registrations';

export interface ImportBatch {
  readonly id: string;
  readonly kind: ImportKind;
  readonly status: 'previewed' | 'committed' | 'refused';
  readonly rowsTotal: number;
  readonly rowsBad: number;
  readonly errors: { row: number; column: string; reason: string }[];
  readonly sample: Record<string, unknown>[];
}

export async function keepPreview(
  transaction: OwnTransaction,
  input: {
    batch: ImportBatch;
    fileName: string;
    fileSha256: string;
    rows: readonly object[];
    createdBy: string;
    atMs: number;
  },
): Promise<void> {
  const { batch } = input;
  await transaction.importBatch.create({
    data: {
      id: batch.id,
      kind: batch.kind,
      fileName: input.fileName,
      fileSha256: input.fileSha256,
      status: batch.status,
      rowsTotal: batch.rowsTotal,
      rowsBad: batch.rowsBad,
      preview: JSON.parse(JSON.stringify({ errors: batch.errors, sample: batch.sample })),
      rows: JSON.parse(JSON.stringify(input.rows)),
      createdBy: input.createdBy,
      createdAt: new Date(input.atMs),
    },
    select: { id: true },
  });
}

/** What became of a commit; `again`: the same file was stored before. */
export type CommitOutcome =
  | { readonly outcome: 'committed'; readonly batch: ImportBatch }
  | { readonly outcome: 'absent' | 'bad' | 'done' | 'again' };

export async function commitImport(
  transaction: OwnTransaction,
  input: { id: string; committedBy: string; atMs: number },
): Promise<CommitOutcome> {
  const locked = await transaction.$queryRaw<
    {
      id: string;
      kind: ImportKind;
      status: ImportBatch['status'];
      rowsTotal: number;
      rowsBad: number;
      fileSha256: string;
      preview: Pick<ImportBatch, 'errors' | 'sample'>;
    }[]
  >`select id, kind, status, rows_total as "rowsTotal", rows_bad as "rowsBad", file_sha256 as "fileSha256", preview from import_batch where id = ${input.id} for update`;
  const batch = locked[0];
  if (batch === undefined) return { outcome: 'absent' };
  if (batch.status === 'committed') return { outcome: 'done' };
  if (batch.rowsBad > 0 || batch.status === 'refused') return { outcome: 'bad' };
  await transaction.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`import:${batch.kind}:${batch.fileSha256}`}, 0))`;
  const before = await transaction.importBatch.findFirst({
    where: { kind: batch.kind, fileSha256: batch.fileSha256, status: 'committed' },
    select: { id: true },
  });
  if (before !== null) return { outcome: 'again' };
  await transaction.importBatch.update({
    where: { id: input.id },
    data: { status: 'committed', committedBy: input.committedBy, committedAt: new Date(input.atMs) },
    select: { id: true },
  });
  return {
    outcome: 'committed',
    batch: {
      id: batch.id,
      kind: batch.kind,
      status: 'committed',
      rowsTotal: batch.rowsTotal,
      rowsBad: batch.rowsBad,
      errors: batch.preview.errors,
      sample: batch.preview.sample,
    },
  };
}

/** The id of what an import brings, made of its reference in the system it came from: the same again is the same row. */
export function importedId(prefix: 'acc' | 'ddl' | 'reg', reference: string): string {
  return `${prefix}_${createHash('sha256').update(`import:${prefix}:${reference}`).digest('hex').slice(0, 26)}`;
}

/** Those of some ids that accounts or registrations have. */
export async function knownIds(
  transaction: OwnTransaction,
  kind: 'account' | 'registration',
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const found =
    kind === 'account'
      ? await transaction.$queryRaw<
          { id: string }[]
        >`select id from account where id = any (${[...ids]}::text[])`
      : await transaction.$queryRaw<
          { id: string }[]
        >`select id from registration where id = any (${[...ids]}::text[])`;
  return new Set(found.map(({ id }) => id));
}

/** What an import may refer to; of programs, those that have a policy in effect, and the partners enrolled in each. */
export async function knownNames(
  transaction: OwnTransaction,
  atMs: number,
): Promise<{
  families: Set<string>;
  skus: Set<string>;
  partners: Set<string>;
  programs: Map<string, Set<string>>;
}> {
  const [families, products, partners, programs] = [
    await transaction.productFamily.findMany({ select: { key: true } }),
    await transaction.product.findMany({ select: { sku: true } }),
    await transaction.partner.findMany({ select: { id: true } }),
    await transaction.$queryRaw<{ key: string; enrolled: string[] }[]>`
      select g.key, array(select e.partner_id from partner_program e where e.program_id = g.id) as enrolled
        from program g where exists (
        select 1 from policy_document d where d.program_id = g.id and d.kind = 'deal-registration' and d.status = 'published'
           and tstzrange(d.effective_from, d.effective_to) @> ${new Date(atMs).toISOString()}::timestamptz)`,
  ];
  return {
    families: new Set(families.map(({ key }) => key)),
    skus: new Set(products.map(({ sku }) => sku)),
    partners: new Set(partners.map(({ id }) => id)),
    programs: new Map(programs.map(({ key, enrolled }) => [key, new Set(enrolled)])),
  };
}

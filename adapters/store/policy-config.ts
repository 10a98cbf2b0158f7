import { naturalId } from '../natural-id.ts';
import type { PolicyDocument, PolicyKind } from '../../domain/policy-document.ts';
import type { OwnTransaction } from './app-database.ts';

/** Drafts and publication of policy documents. A published one never changes: the database sees to that as well. */

export interface StoredPolicy {
  readonly id: string;
  readonly programId: string;
  readonly kind: PolicyKind;
  readonly status: 'draft' | 'published';
  readonly version: number | null;
  readonly revision: number;
  readonly createdBy: string;
  readonly body: unknown;
}

/** Adds a program and gives its id; null when its key is taken. */
export async function addProgram(
  transaction: OwnTransaction,
  program: { key: string; name: string; currency: string },
): Promise<string | null> {
  const id = naturalId('program', program.key);
  const { count } = await transaction.program.createMany({
    data: [{ id, ...program }],
    skipDuplicates: true,
  });
  return count === 0 ? null : id;
}

/** The document, locked until the transaction ends; null when there is none. */
export async function lockPolicy(transaction: OwnTransaction, id: string): Promise<StoredPolicy | null> {
  const rows = await transaction.$queryRaw<StoredPolicy[]>`
    select id, program_id as "programId", kind, status, version, revision, created_by as "createdBy", body from policy_document where id = ${id} for update`;
  return rows[0] ?? null;
}

/** Adds a draft; false when there is no such program. */
export async function addPolicyDraft(
  transaction: OwnTransaction,
  draft: {
    id: string;
    programId: string;
    kind: PolicyKind;
    body: object;
    bodyHash: string;
    note: string;
    createdBy: string;
    atMs: number;
  },
): Promise<boolean> {
  if (
    (await transaction.program.findUnique({ where: { id: draft.programId }, select: { id: true } })) === null
  )
    return false;
  const at = new Date(draft.atMs);
  await transaction.policyDocument.create({
    data: {
      id: draft.id,
      programId: draft.programId,
      kind: draft.kind,
      status: 'draft',
      body: draft.body,
      bodyHash: draft.bodyHash,
      note: draft.note,
      createdBy: draft.createdBy,
      createdAt: at,
      updatedAt: at,
    },
    select: { id: true },
  });
  return true;
}

/**
 * Changes a draft. Whoever changes it becomes its author: a document is published by somebody who wrote none of it.
 */
export async function changePolicyDraft(
  transaction: OwnTransaction,
  change: { id: string; body: object; bodyHash: string; note: string; changedBy: string; atMs: number },
): Promise<void> {
  await transaction.policyDocument.update({
    where: { id: change.id },
    data: {
      body: change.body,
      bodyHash: change.bodyHash,
      note: change.note,
      createdBy: change.changedBy,
      updatedAt: new Date(change.atMs),
      revision: { increment: 1 },
    },
    select: { id: true },
  });
}

/** Who wrote any revision of a draft, from the audit chain: none of them publishes it. */
export async function authorsOf(transaction: OwnTransaction, id: string): Promise<string[]> {
  const rows = await transaction.$queryRaw<{ actor_id: string }[]>`
    select distinct actor_id from audit_row where subject = ${id} and action in ('policy_drafted', 'policy_changed') and actor_id is not null`;
  return rows.map(({ actor_id }) => actor_id);
}

/** Every version of a program's policy of one kind, without the bodies; publication of two at once waits here. */
export async function lockVersions(
  transaction: OwnTransaction,
  input: { programId: string; kind: PolicyKind },
): Promise<PolicyDocument<null>[]> {
  await transaction.$queryRaw`select id from program where id = ${input.programId} for update`;
  const rows = await transaction.policyDocument.findMany({
    where: { programId: input.programId, kind: input.kind, status: 'published' },
    select: {
      id: true,
      version: true,
      effectiveFrom: true,
      createdBy: true,
      createdAt: true,
      publishedBy: true,
      publishedAt: true,
    },
  });
  return rows.map((row) => ({
    policyId: row.id,
    kind: input.kind,
    programKey: input.programId,
    status: 'published',
    version: row.version,
    effectiveFromMs: row.effectiveFrom?.getTime() ?? 0,
    body: null,
    createdBy: row.createdBy,
    createdAtMs: row.createdAt.getTime(),
    publishedBy: row.publishedBy,
    publishedAtMs: row.publishedAt?.getTime() ?? null,
  }));
}

/** Publishes a draft and ends the version before at the same instant. */
export async function publishPolicyDraft(
  transaction: OwnTransaction,
  input: {
    id: string;
    programId: string;
    kind: PolicyKind;
    version: number;
    effectiveFromMs: number;
    publishedBy: string;
    atMs: number;
  },
): Promise<void> {
  const from = new Date(input.effectiveFromMs);
  await transaction.policyDocument.updateMany({
    where: { programId: input.programId, kind: input.kind, status: 'published', effectiveTo: null },
    data: { effectiveTo: from },
  });
  await transaction.policyDocument.update({
    where: { id: input.id },
    data: {
      status: 'published',
      version: input.version,
      effectiveFrom: from,
      publishedBy: input.publishedBy,
      publishedAt: new Date(input.atMs),
      updatedAt: new Date(input.atMs),
      revision: { increment: 1 },
    },
    select: { id: true },
  });
}

import { randomBytes } from 'node:crypto';
import type { Sql, OwnTransaction } from '../adapters/store/app-database.ts';
import { beginDraft, draftsOf, dropDraft, findDraft, saveDraft } from '../adapters/store/draft-own.ts';
import type { DraftKind, DraftRow } from '../adapters/store/draft-own.ts';
import { formatId } from '../domain/ids.ts';
import { notFound, Refused } from './refused.ts';
import type { OwnReply, SignedIn } from './route-handler.ts';

interface By {
  readonly principal: SignedIn;
}
interface Of extends By {
  readonly params: { readonly id: string };
}
type Typed = Readonly<Record<string, unknown>>;

/**
 * What is done with drafts, whatever they are to become: a person's own, saved over the version that was loaded. Drafts save themselves
 * while somebody types: they leave no row in the audit chain (what is sent does). `kept` says what of the typed may be kept.
 */
export function draftVerbs(kind: DraftKind, kept: (body: Typed) => Record<string, unknown>) {
  const one = async (sql: Sql, { principal, params }: Of): Promise<DraftRow> => {
    const draft = await findDraft(sql, { kind, id: params.id, personId: principal.personId });
    if (draft === null) throw notFound('draft', params.id);
    return draft;
  };
  return {
    list: async ({ principal }: By, sql: Sql) => ({
      items: await draftsOf(sql, { kind, personId: principal.personId }),
    }),
    find: async (call: Of, sql: Sql) => await one(sql, call),
    begin: async (
      call: By & {
        readonly body: { readonly programId: string; readonly body: Typed };
        readonly atMs: number;
      },
      transaction: OwnTransaction,
    ): Promise<OwnReply<DraftRow>> => {
      const { principal, body, atMs } = call;
      const draft = await beginDraft(transaction, {
        kind,
        id: formatId('draft', atMs, randomBytes(16)),
        personId: principal.personId,
        partnerId: partnerOf(principal),
        programId: body.programId,
        body: kept(body.body),
        atMs,
      });
      if (draft === null) {
        throw new Refused('invalid_request', {
          detail: 'One field is not valid.',
          errors: [{ pointer: '/programId', reason: 'Choose a program that your company is enrolled in.' }],
        });
      }
      return { body: draft, audit: null };
    },
    save: async (
      call: Of & {
        readonly body: { readonly body: Typed };
        readonly ifMatch: number | null;
        readonly atMs: number;
      },
      transaction: OwnTransaction,
    ): Promise<OwnReply<DraftRow>> => {
      const { principal, params, body, ifMatch, atMs } = call;
      const saved = await saveDraft(transaction, {
        kind,
        id: params.id,
        personId: principal.personId,
        version: ifMatch ?? 0,
        body: kept(body.body),
        atMs,
      });
      switch (saved.outcome) {
        case 'saved':
          return { body: saved.draft, audit: null };
        case 'absent':
          throw notFound('draft', params.id);
        case 'moved':
          throw new Refused('version_mismatch', {
            detail: `The draft is at version ${saved.version} by now; you loaded ${ifMatch}.`,
          });
        default:
          return saved satisfies never;
      }
    },
    drop: async ({ principal, params }: Of, transaction: OwnTransaction): Promise<OwnReply<undefined>> => {
      if (!(await dropDraft(transaction, { kind, id: params.id, personId: principal.personId })))
        throw notFound('draft', params.id);
      return { body: undefined, audit: { action: 'draft_dropped', subject: params.id, content: {} } };
    },
  };
}

/** The partner of whoever drafts. Refuses the vendor's people. */
export function partnerOf(principal: SignedIn): string {
  if (principal.partnerId === null)
    throw new Refused('forbidden', { detail: 'Only people of a partner draft this.' });
  return principal.partnerId;
}

import { createHash } from 'node:crypto';
import { may } from '../domain/access.ts';
import type { Permission } from '../domain/access.ts';
import type { FileVerdict, WhyNotPublish } from './contract/draft-file.ts';
import type { ReadFile } from './csv-file.ts';
import { Refused } from './refused.ts';
import type { SignedIn } from './route-handler.ts';

/* What holds for every file that one person brings and another one publishes. */

const SHOWN_ERRORS = 200;

/** What is answered about a file, and what the audit chain keeps of it: its checksum and counts, never its rows. */
export function verdictOf(
  file: ReadFile<unknown>,
  csv: string,
): { verdict: FileVerdict; audited: { fileSha256: string; rowsTotal: number; rowsBad: number } } {
  const { rowsTotal, rowsBad, errors } = file;
  return {
    verdict: { rowsTotal, rowsBad, errors: errors.slice(0, SHOWN_ERRORS) },
    audited: { fileSha256: createHash('sha256').update(csv).digest('hex'), rowsTotal, rowsBad },
  };
}

interface Draft {
  readonly status: 'draft' | 'published';
  /** Id of the person who brought it. */
  readonly createdBy: string;
}

/** Refuses a publication of what is published, or by the person who brought it. `what` it holds is said in the refusal. */
export function refuseUnlessSecond(draft: Draft, principal: SignedIn, what: string): void {
  if (draft.status !== 'draft')
    throw new Refused('conflict', { detail: `These ${what} were published before.` });
  if (draft.createdBy === principal.personId)
    throw new Refused('not_allowed_now', {
      detail: `Whoever brought the ${what} does not publish them.`,
      errors: [{ pointer: '', reason: 'same_person' }],
    });
}

/** Why this reader cannot publish a draft; null: he can. */
export function whyNotPublishOf(draft: Draft, principal: SignedIn, permission: Permission): WhyNotPublish {
  if (draft.status !== 'draft') return 'not_a_draft';
  if (!may(principal, permission)) return 'role';
  return draft.createdBy === principal.personId ? 'author' : null;
}

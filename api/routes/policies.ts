import { createHash, randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { Sql } from '../../adapters/store/app-database.ts';
import {
  addPolicyDraft,
  addProgram,
  authorsOf,
  changePolicyDraft,
  lockPolicy,
  lockVersions,
  publishPolicyDraft,
} from '../../adapters/store/policy-config.ts';
import { findPolicy, policiesOf, programExists } from '../../adapters/store/policy-reads.ts';
import type { PolicyRow } from '../../adapters/store/policy-reads.ts';
import { dealRegistrationPolicyLabels } from '../../domain/deal-registration/policy-labels.ts';
import { formatId } from '../../domain/ids.ts';
import type { Json } from '../../domain/json.ts';
import { diffInWords, publishPolicy, refuseInProduction } from '../../domain/policy-document.ts';
import type { LabelTable, PolicyKind } from '../../domain/policy-document.ts';
import { specialPricingPolicyLabels } from '../../domain/special-pricing/policy-labels.ts';
import type { policyRoutes, policyVersion } from '../contract/policies.ts';
import { checkPolicy } from '../contract/policy-kinds.ts';
import type { PolicyBodies, PolicyFile } from '../contract/policy-kinds.ts';
import { notFound, Refused } from '../refused.ts';
import { iso } from '../registration-view.ts';
import type { Handlers } from '../route-handler.ts';
import type { OwnTransaction } from '../../adapters/store/app-database.ts';

const labels: Readonly<Record<PolicyKind, LabelTable>> = {
  'deal-registration': dealRegistrationPolicyLabels,
  'special-pricing': specialPricingPolicyLabels,
};

/** Versions of a program's rules: draft, change, publish by a second person, compare. */
export function createPolicyHandlers(deps: {
  production: boolean;
  policyExamples: () => readonly PolicyFile[];
}): Handlers<typeof policyRoutes> {
  return {
    'POST /api/programs': async ({ body }, transaction) => {
      const id = await addProgram(transaction, body);
      if (id === null)
        throw new Refused('invalid_request', {
          detail: `There is a program ${body.key} already.`,
          errors: [{ pointer: '/key', reason: 'Another program has this key.' }],
        });
      return { body: { id }, audit: { action: 'program_added', subject: id, content: { ...body } } };
    },
    'GET /api/policy-examples': async () => ({
      items: deps
        .policyExamples()
        .filter(({ body }) => !deps.production || refuseInProduction(body).length === 0)
        .map(({ kind, programKey, programName, note, body }) => ({
          kind,
          key: programKey,
          name: programName,
          note,
          body: { ...body },
        })),
    }),
    'GET /api/programs/:programId/policies': async ({ params, query, atMs }, sql) => {
      if (!(await programExists(sql, params.programId))) throw notFound('program', params.programId);
      const rows = await policiesOf(sql, {
        programId: params.programId,
        kind: query.kind ?? null,
        at: new Date(atMs).toISOString(),
      });
      return { items: rows.map(versionOf) };
    },
    'POST /api/programs/:programId/policies': async ({ principal, params, body, atMs }, transaction) => {
      const document = checked(body.kind, body.body);
      const id = formatId('policy', atMs, randomBytes(16));
      const added = await addPolicyDraft(transaction, {
        id,
        programId: params.programId,
        kind: body.kind,
        body: document,
        bodyHash: hashOf(document),
        note: body.note,
        createdBy: principal.personId,
        atMs,
      });
      if (!added) throw notFound('program', params.programId);
      return {
        body: await detailOf(transaction, id, atMs),
        audit: {
          action: 'policy_drafted',
          subject: id,
          content: { programId: params.programId, kind: body.kind, bodyHash: hashOf(document) },
        },
      };
    },
    'GET /api/policies/:id': async ({ params, atMs }, sql) => {
      const row = await findPolicy(sql, { id: params.id, at: new Date(atMs).toISOString() });
      if (row === null) throw notFound('policy', params.id);
      return { ...versionOf(row), body: row.body };
    },
    'PUT /api/policies/:id': async ({ principal, params, body, ifMatch, atMs }, transaction) => {
      const stored = await lockPolicy(transaction, params.id);
      if (stored === null) throw notFound('policy', params.id);
      if (stored.status === 'published')
        throw new Refused('not_allowed_now', {
          detail: `Version ${stored.version} is published and never changes; begin a new draft.`,
        });
      if (stored.revision !== ifMatch)
        throw new Refused('version_mismatch', {
          detail: `The draft is at revision ${stored.revision} by now; you loaded ${ifMatch}.`,
        });
      const document = checked(stored.kind, body.body);
      await changePolicyDraft(transaction, {
        id: params.id,
        body: document,
        bodyHash: hashOf(document),
        note: body.note,
        changedBy: principal.personId,
        atMs,
      });
      return {
        body: await detailOf(transaction, params.id, atMs),
        audit: {
          action: 'policy_changed',
          subject: params.id,
          content: { revision: stored.revision + 1, bodyHash: hashOf(document) },
        },
      };
    },
    'POST /api/policies/:id/publication': async ({ principal, params, body, atMs }, transaction) => {
      const stored = await lockPolicy(transaction, params.id);
      if (stored === null) throw notFound('policy', params.id);
      const versions = await lockVersions(transaction, { programId: stored.programId, kind: stored.kind });
      const document = checked(stored.kind, stored.body);
      // People who wrote an earlier revision are authors too.
      const authors = await authorsOf(transaction, params.id);
      const result = publishPolicy({
        draft: {
          policyId: stored.id,
          kind: stored.kind,
          programKey: stored.programId,
          status: stored.status,
          version: stored.version,
          effectiveFromMs: null,
          body: document,
          createdBy: authors.includes(principal.personId) ? principal.personId : stored.createdBy,
          createdAtMs: atMs,
          publishedBy: null,
          publishedAtMs: null,
        },
        versions: versions.map((version) => ({ ...version, body: document })),
        effectiveFromMs: Date.parse(body.effectiveFrom),
        publishedBy: principal.personId,
        nowMs: atMs,
        production: deps.production,
      });
      if (!result.ok) {
        throw new Refused('not_allowed_now', {
          detail: result.problems.map(({ reason }) => reason).join(' '),
          errors: result.problems.map(({ pointer, reason }) => ({ pointer, reason })),
        });
      }
      const { version, effectiveFromMs } = result.policy;
      await publishPolicyDraft(transaction, {
        id: stored.id,
        programId: stored.programId,
        kind: stored.kind,
        version,
        effectiveFromMs,
        publishedBy: principal.personId,
        atMs,
      });
      return {
        body: await detailOf(transaction, stored.id, atMs),
        audit: {
          action: 'policy_published',
          subject: stored.id,
          content: {
            programId: stored.programId,
            version,
            effectiveFrom: body.effectiveFrom,
            bodyHash: hashOf(document),
          },
        },
      };
    },
    'GET /api/policies/:id/changes': async ({ params, query, atMs }, sql) => {
      const at = new Date(atMs).toISOString();
      const [after, before] = [
        await findPolicy(sql, { id: params.id, at }),
        await findPolicy(sql, { id: query.since, at }),
      ];
      if (after === null) throw notFound('policy', params.id);
      if (before === null || before.program_id !== after.program_id || before.kind !== after.kind)
        throw notFound('policy of this program and kind', query.since);
      return {
        changes: diffInWords({
          before: before.body as Json,
          after: after.body as Json,
          table: labels[after.kind],
        }),
      };
    },
  };
}

/** A document that is wrong anywhere gives every error at once. */
function checked(kind: PolicyKind, body: unknown): PolicyBodies[PolicyKind] {
  const result = checkPolicy[kind](body);
  if (result.ok) return result.value;
  throw new Refused('invalid_request', {
    detail:
      result.errors.length === 1
        ? 'The document has one error.'
        : `The document has ${result.errors.length} errors.`,
    errors: result.errors.map(({ pointer, reason }) => ({ pointer: `/body${pointer}`, reason })),
  });
}

function hashOf(document: PolicyBodies[PolicyKind]): string {
  return createHash('sha256').update(JSON.stringify(document)).digest('hex');
}

/** The document as this transaction leaves it. */
async function detailOf(
  transaction: OwnTransaction,
  id: string,
  atMs: number,
): Promise<z.input<typeof policyVersion> & { body: Record<string, unknown> }> {
  const sql: Sql = { rows: (text, values = []) => transaction.$queryRawUnsafe(text, ...values) };
  const row = await findPolicy(sql, { id, at: new Date(atMs).toISOString() });
  if (row === null) throw notFound('policy', id);
  return { ...versionOf(row), body: row.body };
}

function versionOf(row: PolicyRow): z.input<typeof policyVersion> {
  return {
    id: row.id,
    kind: row.kind,
    version: row.version,
    status: row.status,
    effectiveFrom: iso(row.effective_from),
    effectiveTo: iso(row.effective_to),
    note: row.note,
    createdBy: row.created_by,
    createdById: row.created_by_id,
    createdAt: row.created_at.toISOString(),
    publishedBy: row.published_by,
    publishedAt: iso(row.published_at),
    revision: row.revision,
    inEffect: row.in_effect,
    openCases: row.open_cases,
  };
}

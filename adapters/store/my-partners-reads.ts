import type { AttentionClock } from '../../domain/deal-registration/attention.ts';
import type { RegistrationStatus } from '../../domain/deal-registration/status.ts';
import type { Sql } from './app-database.ts';
import { newsColumn } from './seen-own.ts';
import type { NewsRow } from './seen-own.ts';

/** What somebody who looks after partners sees of them. Vendor scope only. */

export interface ManagedPartner {
  readonly id: string;
  readonly name: string;
  readonly tier: string;
  readonly standing: string;
}

export async function managedPartners(sql: Sql, managerId: string): Promise<ManagedPartner[]> {
  return await sql.rows<ManagedPartner>(
    'select id, name, tier, standing from partner where manager_id = $1 order by name',
    [managerId],
  );
}

export interface ManagedCaseRow extends NewsRow {
  readonly id: string;
  readonly reference: string;
  readonly partner_id: string;
  readonly status: RegistrationStatus;
  readonly waiting_for: string | null;
  readonly customer_name: string;
  readonly opportunity_name: string;
  readonly value_minor: number;
  readonly currency: string;
  readonly at_risk_since: Date | null;
  readonly protected_until: Date | null;
  readonly clocks: readonly AttentionClock[];
}

/** Open registrations of the partners somebody looks after, latest first. */
export async function managedCases(
  sql: Sql,
  of: { managerId: string; limit: number },
): Promise<ManagedCaseRow[]> {
  return await sql.rows<ManagedCaseRow>(
    `select r.id, r.reference, r.partner_id, r.status, r.waiting_for, a.legal_name as customer_name, r.opportunity_name, r.value_minor, r.currency,
            r.at_risk_since, r.protected_until, ${newsColumn({ person: '$1', caseId: 'r.id', submittedBy: 'r.submitted_by' })},
            coalesce((select json_agg(json_build_object('kind', k.kind, 'phase', k.phase, 'dueAtMs', (extract(epoch from k.due_at) * 1000)::bigint,
                        'dueSoonAtMs', coalesce((k.state->>'dueSoonAtMs')::bigint, (extract(epoch from k.due_at) * 1000)::bigint)))
                        from sla_clock k where k.case_id = r.id and k.phase in ('running', 'paused') and k.due_at is not null), '[]') as clocks
       from registration r join partner p on p.id = r.partner_id join account a on a.id = r.account_id
      where p.manager_id = $1 and r.closed_at is null order by r.submitted_at desc limit $2`,
    [of.managerId, of.limit],
  );
}

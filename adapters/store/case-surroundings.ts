import type { PartnerFacts } from '../../domain/deal-registration/facts.ts';
import type { PartnerKind } from '../../domain/deal-registration/policy.ts';
import type { RegistrationLine } from './registrations.ts';
import { calendarDefinition, openClocksOf } from './sla-clocks.ts';
import type { ClockRow, StoredCalendar } from './sla-clocks.ts';
import { oneRow } from './transaction.ts';
import type { Transaction } from './transaction.ts';

/* What every step of a registration asks beside the registration itself. */

export interface PartnerRow extends PartnerFacts {
  readonly name: string;
  readonly country: string;
  readonly managerId: string | null;
  readonly enrolled: boolean;
}

interface StoredPartner {
  readonly partnerId: string;
  readonly name: string;
  readonly country: string;
  readonly kind: PartnerKind;
  readonly tier: string;
  readonly standing: string;
  readonly trainings: string[];
  readonly managerId: string | null;
  readonly enrolled: boolean;
  readonly certifications: { key: string; validUntilMs: number | null }[];
}

/** Of a partner `p`, as `StoredPartner`; `program` is SQL for the program's id. */
const partnerColumns = (
  program: string,
): string => `p.id as "partnerId", p.name, p.country, p.kind, p.tier, p.standing, p.trainings, p.manager_id as "managerId",
  exists (select 1 from partner_program pp where pp.partner_id = p.id and pp.program_id = ${program}) as enrolled,
  coalesce((select jsonb_agg(jsonb_build_object('key', c.code, 'validUntilMs', (extract(epoch from c.valid_until) * 1000)::bigint) order by c.code)
              from partner_certification c where c.partner_id = p.id), '[]') as certifications`;

function partnerOf({ standing, ...row }: StoredPartner): PartnerRow {
  return { ...row, inGoodStanding: standing === 'good' };
}

/** What the rules ask about a partner, and whether he is enrolled in the program. */
export async function readPartner(
  tx: Transaction,
  partnerId: string,
  programId: string,
): Promise<PartnerRow> {
  return partnerOf(
    await oneRow<StoredPartner>(
      tx,
      `partner ${partnerId}`,
      `select ${partnerColumns('$2')} from partner p where p.id = $1`,
      [partnerId, programId],
    ),
  );
}

/** What surrounds a registration. */
export interface Surroundings {
  readonly partner: PartnerRow;
  readonly calendar: StoredCalendar;
  readonly lines: RegistrationLine[];
  /** Those that have not ended, oldest first. */
  readonly clocks: ClockRow[];
}

/** All of it in one statement; null when there is no such registration. */
export async function readSurroundings(
  tx: Transaction,
  of: { registrationId: string; calendarName: string },
): Promise<Surroundings | null> {
  const { rows } = await tx.query<
    StoredPartner & { lines: RegistrationLine[]; clocks: ClockRow[]; definition: string | null }
  >(
    `select ${partnerColumns('r.program_id')},
            coalesce((select jsonb_agg(jsonb_build_object('sku', l.sku, 'family', l.family, 'core', f.core, 'quantity', l.quantity) order by l.line_no)
                        from registration_line l join product_family f on f.key = l.family where l.registration_id = r.id), '[]') as lines,
            ${openClocksOf('r.id')} as clocks, ${calendarDefinition('$2')} as definition
       from registration r join partner p on p.id = r.partner_id where r.id = $1`,
    [of.registrationId, of.calendarName],
  );
  const [row] = rows;
  if (row === undefined) return null;
  const { lines, clocks, definition, ...partner } = row;
  return { partner: partnerOf(partner), calendar: { name: of.calendarName, definition }, lines, clocks };
}

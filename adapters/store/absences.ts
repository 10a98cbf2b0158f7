import type { AtTheTask, Decider } from '../../domain/task.ts';

/* Who stands in for whom, in one statement for the worker's steps and for the API's reads. */

/**
 * The person `$1` at the instant `$2` and the active people he stands in for then, by their ids: roles, limit and the cap
 * of the absence.
 */
export const AT_THE_TASK = `
  select p.id as "personId", p.display_name as "displayName", p.side, coalesce(array_agg(r.role) filter (where r.role is not null), '{}') as roles,
         case when bool_or(r.limit_minor is null and role_decides(r.role)) then null
              else max(r.limit_minor) end as "limitMinor", max(r.limit_currency) as "limitCurrency", w.cap as "capMinor"
    from (select $1::text as id, null::bigint as cap
          union all
          select a.person_id, a.cap_minor from absence a
           where a.deputy_id = $1 and $2::timestamptz >= a.from_at and $2::timestamptz < a.to_at) w
    join person p on p.id = w.id and p.active
    left join person_role r on r.person_id = p.id and $2::timestamptz >= r.valid_from and $2::timestamptz < r.valid_to
   group by p.id, p.display_name, p.side, w.cap order by p.id`;

/** The rows of that statement as a person at a task; null when he is not among them. */
export function atTheTaskOf(
  personId: string,
  rows: readonly (Decider & { readonly capMinor: number | null })[],
): AtTheTask | null {
  const decider = rows.find((row) => row.personId === personId);
  if (decider === undefined) return null;
  return {
    decider,
    standsInFor: rows
      .filter((row) => row !== decider)
      .map(({ capMinor, ...absent }) => ({ absent, capMinor })),
  };
}

import type { Sql } from './app-database.ts';

/** Calendars as their page shows them: what is in force, what is being written, and which programs count in them. */
export interface CalendarRow {
  readonly name: string;
  /** Null for one that is only being written. */
  readonly definition: unknown;
  readonly version: number | null;
  readonly updated_at: Date | null;
  readonly programs: readonly string[];
  readonly draft: {
    readonly definition: unknown;
    readonly note: string;
    readonly authors: readonly string[];
    readonly author_names: readonly string[];
    readonly revision: number;
    readonly updated_at: string;
  } | null;
}

/** Every calendar by name, or the one of a name. */
export async function calendarsOf(sql: Sql, name: string | null): Promise<CalendarRow[]> {
  return await sql.rows<CalendarRow>(
    `select coalesce(c.name, w.name) as name, c.definition, c.version, c.updated_at,
            array(select distinct g.name from program g join policy_document d on d.program_id = g.id and d.status = 'published' and d.effective_to is null
                   where d.body->>'calendarName' = coalesce(c.name, w.name) order by g.name) as programs,
            case when w.name is not null then json_build_object('definition', w.definition, 'note', w.note, 'authors', w.authors, 'revision', w.revision,
              'updated_at', w.updated_at, 'author_names', (select coalesce(json_agg(p.display_name order by p.display_name), '[]') from person p where p.id = any (w.authors))) end as draft
       from calendar c full join calendar_draft w on w.name = c.name
      where $1::text is null or coalesce(c.name, w.name) = $1 order by 1`,
    [name],
  );
}

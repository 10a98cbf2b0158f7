import type { OwnTransaction, Sql } from './app-database.ts';

/** Views of lists that people saved for themselves, or share with a role of theirs. */

export interface SavedViewRow {
  readonly id: string;
  readonly personId: string;
  readonly screen: string;
  readonly name: string;
  readonly query: Readonly<Record<string, string>>;
  readonly sharedWith: string | null;
  readonly isDefault: boolean;
  readonly ownerName: string;
}

/** A person's own views, and those that his partner's people (the vendor's for the vendor's) share with a role of his. By name. */
export async function savedViewsFor(
  sql: Sql,
  of: { personId: string; partnerId: string | null; roles: readonly string[] },
): Promise<SavedViewRow[]> {
  return await sql.rows<SavedViewRow>(
    `select v.id, v.person_id as "personId", v.screen, v.name, v.query, v.shared_with as "sharedWith", v.is_default as "isDefault", p.display_name as "ownerName"
       from saved_view v join person p on p.id = v.person_id
      where v.person_id = $1 or (v.partner_id is not distinct from $2 and v.shared_with = any($3))
      order by lower(v.name), v.id limit 500`,
    [of.personId, of.partnerId, of.roles],
  );
}

export interface ViewToKeep {
  readonly id: string;
  readonly personId: string;
  readonly partnerId: string | null;
  readonly name: string;
  readonly query: Readonly<Record<string, string>>;
  readonly sharedWith: string | null;
  readonly isDefault: boolean;
  readonly atMs: number;
}

/** What became of keeping a view: kept, no such view of his, another of his has the name, or he has as many as one may have. */
export type ViewKept =
  | { readonly outcome: 'kept'; readonly screen: string; readonly ownerName: string }
  | { readonly outcome: 'absent' }
  | { readonly outcome: 'name_taken' }
  | { readonly outcome: 'too_many' };

/** Saves a new view (`screen` given) or changes one's own (`screen` null). A new default takes the place of the one before. */
export async function keepView(
  transaction: OwnTransaction,
  view: ViewToKeep & { screen: string | null; most: number },
): Promise<ViewKept> {
  const { id, personId, partnerId, name, query, sharedWith, isDefault } = view;
  // One change of a person's views at a time: name, number and default are looked at before they are written.
  const [owner] = await transaction.$queryRaw<{ display_name: string }[]>`
    select display_name from person where id = ${personId} for update`;
  const own = await transaction.savedView.findMany({
    where: { personId },
    select: { id: true, name: true, screen: true },
  });
  const screen = view.screen ?? own.find((one) => one.id === id)?.screen;
  if (screen === undefined) return { outcome: 'absent' };
  const others = own.filter((one) => one.screen === screen && one.id !== id);
  if (others.some((one) => one.name.toLowerCase() === name.toLowerCase())) return { outcome: 'name_taken' };
  if (view.screen !== null && others.length >= view.most) return { outcome: 'too_many' };
  if (isDefault)
    await transaction.savedView.updateMany({ where: { personId, screen }, data: { isDefault: false } });
  const data = { name, query, sharedWith, isDefault, updatedAt: new Date(view.atMs) };
  await transaction.savedView.upsert({
    where: { id },
    create: { id, personId, partnerId, screen, ...data },
    update: data,
  });
  return { outcome: 'kept', screen, ownerName: owner?.display_name ?? '' };
}

/** Deletes one's own view; false when there is none. */
export async function dropView(
  transaction: OwnTransaction,
  of: { id: string; personId: string },
): Promise<boolean> {
  const { count } = await transaction.savedView.deleteMany({ where: of });
  return count > 0;
}

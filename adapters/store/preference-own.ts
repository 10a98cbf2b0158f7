import type { Preferences } from '../../api/contract/session.ts';
import { defaultMail } from '../../domain/mail-choice.ts';
import type { OwnTransaction, Sql } from './app-database.ts';

/** What a person prefers; what was never said is the default. */

export async function preferencesOf(sql: Sql, personId: string): Promise<Preferences> {
  const rows = await sql.rows<{
    locale: string;
    time_zone: string;
    preferences: { mail?: Partial<Preferences['mail']> };
  }>('select locale, time_zone, preferences from person where id = $1', [personId]);
  const row = rows[0];
  return {
    mail: { ...defaultMail, ...row?.preferences.mail },
    locale: row?.locale ?? 'en',
    timeZone: row?.time_zone ?? 'UTC',
  };
}

export async function savePreferences(
  transaction: OwnTransaction,
  input: { personId: string; preferences: Preferences },
): Promise<void> {
  const { mail, locale, timeZone } = input.preferences;
  await transaction.person.update({
    where: { id: input.personId },
    data: { preferences: { mail }, locale, timeZone },
    select: { id: true },
  });
}

import { createContext, use } from 'react';
import type { Session } from '../../../api/contract/session.ts';
import type { Permission } from '../../../domain/access.ts';
import type { Reader } from '../../../domain/words/reader.ts';

/** Who is signed in; the shell renders nothing below it without one. */
export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error('A screen was drawn without a session.');
  return session;
}

/** For whom words, money and dates are written. */
export function useReader(): Reader {
  const { locale, timeZone } = useSession();
  return { locale: knownLocale(locale), timeZone: knownZone(timeZone) };
}

/** Whether this person's roles hold a permission. */
export function useMay(): (permission: Permission) => boolean {
  const { permissions } = useSession();
  return (permission) => permissions.includes(permission);
}

/** A locale or zone that this browser does not know must not take the screen down. */
function knownLocale(locale: string): string {
  // "en" alone writes dates the American way; the catalogue is British English.
  if (locale === 'en') return 'en-GB';
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? 'en-GB';
  } catch {
    return 'en-GB';
  }
}

function knownZone(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}

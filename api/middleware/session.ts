import { createHash, randomBytes } from 'node:crypto';
import type { Request } from 'express';
import type { AppDatabase } from '../../adapters/store/app-database.ts';
import { beginSession, sessionPerson, touchSession } from '../../adapters/store/session-own.ts';
import { roles } from '../../domain/access.ts';
import type { SignedIn } from '../route-handler.ts';

const HOUR_MS = 3_600_000;
/** Unused for so long, a session is over (OWASP ASVS 5.0, 7.3.1). */
export const SESSION_IDLE_MS = 8 * HOUR_MS;
/** However much it is used, a session is over after this (OWASP ASVS 5.0, 7.3.2). */
export const SESSION_ABSOLUTE_MS = 7 * 24 * HOUR_MS;
const TOUCH_EVERY_MS = 60_000;

/** `__Host-` binds the cookie to this host and to https; a browser refuses that name on plain http. */
export function sessionCookieName(publicUrl: string): string {
  return publicUrl.startsWith('https:') ? '__Host-fairlead' : 'fairlead';
}

/** The value of a cookie; null when the request has none of that name. */
export function cookieOf(request: Request, name: string): string | null {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Who sends the request; null when nobody is signed in. Throws `Unavailable`. */
export async function signedInOf(input: {
  request: Request;
  database: AppDatabase;
  cookieName: string;
  atMs: number;
}): Promise<SignedIn | null> {
  const { request, database, cookieName, atMs } = input;
  const token = cookieOf(request, cookieName);
  if (token === null || !/^[A-Za-z0-9_-]{43}$/.test(token)) return null;
  const sessionHash = hashToken(token);
  const person = await sessionPerson(database.unscoped, { tokenHash: sessionHash, atMs });
  if (person === null || person.lastSeenAtMs + SESSION_IDLE_MS < atMs) return null;
  if (person.lastSeenAtMs + TOUCH_EVERY_MS < atMs)
    await touchSession(database.unscoped, { tokenHash: sessionHash, atMs });
  return {
    personId: person.personId,
    displayName: person.displayName,
    email: person.email,
    side: person.side,
    partnerId: person.partnerId,
    roles: roles.filter((role) => person.roles.includes(role)),
    limitMinor: person.limitMinor,
    limitCurrency: person.limitCurrency,
    locale: person.locale,
    timeZone: person.timeZone,
    sessionHash,
  };
}

/** Begins a session and answers the token that only the browser keeps. */
export async function startSession(input: {
  database: AppDatabase;
  personId: string;
  idToken: string | null;
  replaces: string | null;
  atMs: number;
}): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await beginSession(input.database.unscoped, {
    tokenHash: hashToken(token),
    personId: input.personId,
    idToken: input.idToken,
    atMs: input.atMs,
    endsAtMs: input.atMs + SESSION_ABSOLUTE_MS,
    replaces: input.replaces === null ? null : hashToken(input.replaces),
  });
  return token;
}

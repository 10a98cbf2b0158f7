import { createHash, randomBytes } from 'node:crypto';
import type { Request } from 'express';
import type { AppDatabase } from '../../adapters/store/app-database.ts';
import { beginSession, sessionPerson, touchSessions } from '../../adapters/store/session-own.ts';
import { roles } from '../../domain/access.ts';
import { gatherWrites } from '../gathered-writes.ts';
import type { SignedIn } from '../route-handler.ts';

const HOUR_MS = 3_600_000;
/** Unused for so long, a session is over (OWASP ASVS 5.0, 7.3.1). */
export const SESSION_IDLE_MS = 8 * HOUR_MS;
/** However much it is used, a session is over after this (OWASP ASVS 5.0, 7.3.2). */
export const SESSION_ABSOLUTE_MS = 7 * 24 * HOUR_MS;
const TOUCH_EVERY_MS = 60_000;
const USE_WRITTEN_AFTER_MS = 10_000;

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

/** The sessions of those who send requests. */
export interface Sessions {
  /** Who sends the request; null when nobody is signed in. Throws `Unavailable`. */
  signedInOf(request: Request, atMs: number): Promise<SignedIn | null>;
}

/**
 * That a session is in use is noted once a minute, and written for many sessions together some seconds later; until then this
 * process remembers it.
 */
export function createSessions(input: {
  database: AppDatabase;
  publicUrl: string;
  log: { warn(facts: object, words: string): void };
  /** How long it is remembered before it is written. Default 10,000. */
  writtenAfterMs?: number;
}): Sessions {
  const { database, log } = input;
  const cookieName = sessionCookieName(input.publicUrl);
  const usedAtMs = new Map<string, number>();
  const noteUse = gatherWrites<string>({
    afterMs: input.writtenAfterMs ?? USE_WRITTEN_AFTER_MS,
    write: async (keys) => {
      const uses = keys.map((key) => ({
        tokenHash: Buffer.from(key, 'base64'),
        atMs: usedAtMs.get(key) ?? 0,
      }));
      try {
        await touchSessions(database.unscoped, uses);
      } catch (error) {
        log.warn({ err: error, sessions: uses.length }, 'that sessions are in use could not be noted');
      }
      for (const key of keys) usedAtMs.delete(key);
    },
  });
  return {
    async signedInOf(request, atMs) {
      const token = cookieOf(request, cookieName);
      if (token === null || !/^[A-Za-z0-9_-]{43}$/.test(token)) return null;
      const sessionHash = hashToken(token);
      const person = await sessionPerson(database.unscoped, { tokenHash: sessionHash, atMs });
      if (person === null) return null;
      const key = sessionHash.toString('base64');
      const noted = usedAtMs.get(key);
      const lastUseMs = Math.max(person.lastSeenAtMs, noted ?? 0);
      if (lastUseMs + SESSION_IDLE_MS < atMs) return null;
      if (lastUseMs + TOUCH_EVERY_MS < atMs) {
        usedAtMs.set(key, atMs);
        if (noted === undefined) noteUse(key);
      }
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
    },
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

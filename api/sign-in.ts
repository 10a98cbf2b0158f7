import { randomBytes } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import * as client from 'openid-client';
import type { RateLimiterMemory } from 'rate-limiter-flexible';
import type { AppDatabase } from '../adapters/store/app-database.ts';
import { bindIdentity, noteSignIn, rememberSignIn, takeSignIn } from '../adapters/store/session-own.ts';
import { Unavailable } from '../domain/unavailable.ts';
import { cookieOf, SESSION_ABSOLUTE_MS, sessionCookieName, startSession } from './middleware/session.ts';
import { withinLimit } from './pipeline.ts';
import { Refused } from './refused.ts';

/*
 * Sign-in by OpenID Connect, one code path for every provider: authorisation code with PKCE, state and nonce. What a
 * sign-in under way must find again lies in the database; the browser holds a key to it for ten minutes.
 */

/** Which identity provider is asked, and as whom. */
export interface IdentityProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface SignInDeps {
  readonly database: AppDatabase;
  readonly provider: IdentityProvider;
  readonly publicUrl: string;
  readonly now: () => number;
  readonly limiter: RateLimiterMemory;
}

const UNDER_WAY_MS = 10 * 60_000;

interface UnderWay {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  readonly returnTo: string;
}

/** The two pages of sign-in: there, and back. */
export function createSignIn(deps: SignInDeps): { begin: RequestHandler; finish: RequestHandler } {
  const { database, provider, publicUrl, now, limiter } = deps;
  const secure = publicUrl.startsWith('https:');
  const underWayCookie = secure ? '__Host-fairlead-sign-in' : 'fairlead-sign-in';
  const redirectUri = `${publicUrl}/sign-in/callback`;
  let discovered: Promise<client.Configuration> | null = null;

  const configuration = async (): Promise<client.Configuration> => {
    discovered ??= client.discovery(
      new URL(provider.issuer),
      provider.clientId,
      provider.clientSecret,
      undefined,
      {
        timeout: 5,
        ...(provider.issuer.startsWith('http:') ? { execute: [client.allowInsecureRequests] } : {}),
      },
    );
    try {
      return await discovered;
    } catch (cause) {
      // Asked again by the next sign-in: a provider that was down once is not down for good.
      discovered = null;
      throw new Unavailable('identity_provider', cause);
    }
  };

  return {
    begin: async (request, response) => {
      await withinLimit(limiter, request.ip ?? '');
      const config = await configuration();
      const underWay: UnderWay = {
        verifier: client.randomPKCECodeVerifier(),
        state: client.randomState(),
        nonce: client.randomNonce(),
        returnTo: localPath(request.query['returnTo']),
      };
      const id = randomBytes(32).toString('base64url');
      await rememberSignIn(database.unscoped, { id, payload: underWay, endsAtMs: now() + UNDER_WAY_MS });
      const address = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        state: underWay.state,
        nonce: underWay.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(underWay.verifier),
        code_challenge_method: 'S256',
        // Whoever asks to sign in may want to be somebody else.
        prompt: 'login',
      });
      setCookie(response, { name: underWayCookie, value: id, secure, maxAgeSeconds: UNDER_WAY_MS / 1000 });
      response.setHeader('cache-control', 'no-store');
      response.redirect(303, address.href);
    },
    finish: async (request, response) => {
      await withinLimit(limiter, request.ip ?? '');
      response.setHeader('cache-control', 'no-store');
      const id = cookieOf(request, underWayCookie);
      const underWay =
        id === null ? null : ((await takeSignIn(database.unscoped, { id, atMs: now() })) as UnderWay | null);
      setCookie(response, { name: underWayCookie, value: '', secure, maxAgeSeconds: 0 });
      if (underWay === null)
        throw new Refused('not_signed_in', {
          detail: 'This sign-in was not begun here, or too long ago. Begin again.',
        });
      const tokens = await exchanged({ config: await configuration(), request, underWay, publicUrl });
      const claims = tokens.claims();
      if (claims === undefined)
        throw new Refused('not_signed_in', { detail: 'The identity provider sent no identity.' });
      const email =
        typeof claims['email'] === 'string' && claims['email_verified'] !== false ? claims['email'] : '';
      const personId = await bindIdentity(database.unscoped, {
        issuer: claims.iss,
        subject: claims.sub,
        email,
      });
      if (personId === null)
        throw new Refused('forbidden', {
          detail: 'Nobody with this identity works here. Ask an administrator to add you.',
        });
      const cookieName = sessionCookieName(publicUrl);
      const token = await startSession({
        database,
        personId,
        idToken: null,
        replaces: cookieOf(request, cookieName),
        atMs: now(),
      });
      await noteSignIn(database.unscoped, { personId, action: 'signed_in', atMs: now() });
      setCookie(response, {
        name: cookieName,
        value: token,
        secure,
        maxAgeSeconds: SESSION_ABSOLUTE_MS / 1000,
      });
      response.redirect(303, underWay.returnTo);
    },
  };
}

async function exchanged(input: {
  config: client.Configuration;
  request: Request;
  underWay: UnderWay;
  publicUrl: string;
}): Promise<client.TokenEndpointResponse & client.TokenEndpointResponseHelpers> {
  const { config, request, underWay, publicUrl } = input;
  try {
    return await client.authorizationCodeGrant(config, new URL(request.originalUrl, publicUrl), {
      pkceCodeVerifier: underWay.verifier,
      expectedState: underWay.state,
      expectedNonce: underWay.nonce,
      idTokenExpected: true,
    });
  } catch (cause) {
    if (
      cause instanceof client.AuthorizationResponseError ||
      cause instanceof client.ResponseBodyError ||
      cause instanceof client.ClientError
    ) {
      throw new Refused('not_signed_in', {
        detail: 'The identity provider did not confirm this sign-in. Begin again.',
      });
    }
    throw new Unavailable('identity_provider', cause);
  }
}

/** A path of this site; anything else leads to the first page. */
export function localPath(value: unknown): string {
  return typeof value === 'string' && /^\/(?![/\\])[\x21-\x7e]*$/.test(value) && !value.includes('\\')
    ? value
    : '/';
}

function setCookie(
  response: Response,
  cookie: { name: string; value: string; secure: boolean; maxAgeSeconds: number },
): void {
  response.append(
    'set-cookie',
    `${cookie.name}=${cookie.value}; Path=/; Max-Age=${cookie.maxAgeSeconds}; HttpOnly; SameSite=Lax${cookie.secure ? '; Secure' : ''}`,
  );
}

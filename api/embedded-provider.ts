import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import express from 'express';
import type { RequestHandler } from 'express';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { ProviderState } from '../adapters/store/session-own.ts';
import { escapeHtml, page } from './plain-page.ts';
import { Refused } from './refused.ts';
import type { IdentityProvider } from './sign-in.ts';

/**
 * An identity provider inside the API, for development only: the same OpenID Connect as any other, with a page of role
 * accounts in place of passwords. `main.ts` refuses it in production mode.
 */

/** One of the accounts on the page. */
export interface RoleAccount {
  readonly email: string;
  readonly displayName: string;
  readonly side: 'vendor' | 'partner';
  readonly company: string;
}

export interface EmbeddedProvider {
  /** For `/oidc`, before anything reads bodies. */
  readonly callback: RequestHandler;
  /** The page of role accounts and what its buttons send, for `/oidc-sign-in/:uid`. */
  readonly accounts: RequestHandler[];
  readonly identity: IdentityProvider;
}

const HOUR_SECONDS = 3_600;

export async function createEmbeddedProvider(input: {
  publicUrl: string;
  state: ProviderState;
  sessionKey: Buffer;
  roleAccounts: readonly RoleAccount[];
  now: () => number;
}): Promise<EmbeddedProvider> {
  const { publicUrl, state, sessionKey, roleAccounts, now } = input;
  const secretOf = (purpose: string): string =>
    Buffer.from(hkdfSync('sha256', sessionKey, '', `embedded provider: ${purpose}`, 32)).toString(
      'base64url',
    );
  const identity: IdentityProvider = {
    issuer: `${publicUrl}/oidc`,
    clientId: 'fairlead-console',
    clientSecret: secretOf('client'),
  };
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const key = await exportJWK(privateKey);
  const provider = new Provider(identity.issuer, {
    adapter: adapterOver(state, now),
    clients: [
      {
        client_id: identity.clientId,
        client_secret: identity.clientSecret,
        redirect_uris: [`${publicUrl}/sign-in/callback`],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    clientBasedCORS: () => false,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    cookies: {
      keys: [secretOf('cookies')],
      names: {
        session: 'fairlead-idp',
        interaction: 'fairlead-idp-interaction',
        resume: 'fairlead-idp-resume',
      },
    },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
    findAccount: (_context, subject) => {
      const account = roleAccounts.find((one) => subjectOf(one) === subject);
      return account === undefined
        ? undefined
        : {
            accountId: subject,
            claims: () => ({
              sub: subject,
              email: account.email,
              email_verified: true,
              name: account.displayName,
            }),
          };
    },
    interactions: { url: (_context, interaction) => `/oidc-sign-in/${interaction.uid}` },
    jwks: { keys: [{ ...key, kid: randomBytes(8).toString('hex'), alg: 'ES256', use: 'sig' }] },
    loadExistingGrant: async (context) => {
      const { client, session } = context.oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const grant = new context.oidc.provider.Grant({
        clientId: client.clientId,
        accountId: session.accountId,
      });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
    pkce: { required: () => true },
    renderError: (context, out) => {
      context.type = 'html';
      context.body = page({
        title: 'Sign-in did not work',
        body: `<p>${escapeHtml(out.error_description ?? out.error)}</p><p><a href="/sign-in">Begin again</a></p>`,
      });
    },
    ttl: {
      Session: 12 * HOUR_SECONDS,
      Interaction: HOUR_SECONDS,
      Grant: 12 * HOUR_SECONDS,
      AccessToken: HOUR_SECONDS,
      IdToken: HOUR_SECONDS,
      AuthorizationCode: 60,
    },
  });
  // Behind a proxy the addresses of discovery follow the forwarded host.
  provider.proxy = publicUrl.startsWith('https:');

  const show: RequestHandler = async (request, response) => {
    const { uid } = await provider.interactionDetails(request, response);
    response.setHeader('cache-control', 'no-store');
    response.setHeader(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    );
    response.type('html').send(page({ title: 'Sign in as', body: accountForms(roleAccounts, uid) }));
  };
  const choose: RequestHandler = async (request, response) => {
    const body: unknown = request.body;
    const email = typeof body === 'object' && body !== null && 'email' in body ? body.email : undefined;
    const account = roleAccounts.find((one) => one.email === email);
    if (account === undefined)
      throw new Refused('invalid_request', {
        detail: 'There is no such account.',
        errors: [{ pointer: '/email', reason: 'Choose one of the accounts.' }],
      });
    await provider.interactionFinished(
      request,
      response,
      { login: { accountId: subjectOf(account), remember: false } },
      { mergeWithLastSubmission: false },
    );
  };
  const gone: express.ErrorRequestHandler = (error, _request, response, next) => {
    if (error instanceof Error && error.name === 'SessionNotFound') {
      response
        .status(400)
        .type('html')
        .send(page({ title: 'This sign-in is over', body: '<p><a href="/sign-in">Begin again</a></p>' }));
      return;
    }
    next(error);
  };
  const accounts = express.Router({ mergeParams: true });
  accounts.get('/oidc-sign-in/:uid', show);
  accounts.post('/oidc-sign-in/:uid', express.urlencoded({ extended: false, limit: '2kb' }), choose);
  accounts.use(gone);
  return { callback: provider.callback(), accounts: [accounts], identity };
}

function accountForms(roleAccounts: readonly RoleAccount[], uid: string): string {
  const companies = [...new Set(roleAccounts.map(({ company }) => company))];
  return companies
    .map(
      (company) =>
        `<h2>${escapeHtml(company)}</h2>${roleAccounts
          .filter((account) => account.company === company)
          .map(
            (account) =>
              `<form method="post" action="/oidc-sign-in/${escapeHtml(uid)}"><input type="hidden" name="email" value="${escapeHtml(account.email)}"><button type="submit">${escapeHtml(account.displayName)}<small>${escapeHtml(account.email)}</small></button></form>`,
          )
          .join('')}`,
    )
    .join('');
}

function subjectOf(account: RoleAccount): string {
  return createHash('sha256').update(`role account: ${account.email}`).digest('hex').slice(0, 32);
}

/** The library's storage over ours. */
function adapterOver(state: ProviderState, now: () => number): new (name: string) => Adapter {
  return class PostgresAdapter implements Adapter {
    readonly kind: string;

    constructor(name: string) {
      this.kind = `oidc:${name}`;
    }

    async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
      await state.upsert({
        kind: this.kind,
        id,
        payload,
        grantId: payload.grantId ?? null,
        userCode: payload.userCode ?? null,
        uid: payload.uid ?? null,
        endsAtMs: expiresIn === undefined ? null : now() + expiresIn * 1000,
      });
    }

    async find(id: string): Promise<AdapterPayload | undefined> {
      return (await state.find({ kind: this.kind, by: 'id', value: id, atMs: now() })) ?? undefined;
    }

    async findByUid(uid: string): Promise<AdapterPayload | undefined> {
      return (await state.find({ kind: this.kind, by: 'uid', value: uid, atMs: now() })) ?? undefined;
    }

    async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
      return (
        (await state.find({ kind: this.kind, by: 'userCode', value: userCode, atMs: now() })) ?? undefined
      );
    }

    async consume(id: string): Promise<void> {
      await state.consume({ kind: this.kind, id, atMs: now() });
    }

    async destroy(id: string): Promise<void> {
      await state.destroy({ kind: this.kind, id });
    }

    async revokeByGrantId(grantId: string): Promise<void> {
      await state.revokeGrant(grantId);
    }
  };
}

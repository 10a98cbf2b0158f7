import { createHmac } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { RateLimiterMemory } from 'rate-limiter-flexible';
import { RateLimiterRes } from 'rate-limiter-flexible';
import type { AppDatabase, Scope } from '../adapters/store/app-database.ts';
import { may, permissions } from '../domain/access.ts';
import type { Permission } from '../domain/access.ts';
import { Unavailable } from '../domain/unavailable.ts';
import type { RouteContract } from './contract/route.ts';
import { refuseCrossSite } from './middleware/cross-site.ts';
import { parseJson, readBody, textFault } from './middleware/request-body.ts';
import { sessionCookieName } from './middleware/session.ts';
import type { Sessions } from './middleware/session.ts';
import { writeOwn } from './own-write.ts';
import { parseParts } from './parse.ts';
import type { ProcessClient } from './process-client.ts';
import type { CaseNews } from './case-news.ts';
import { writeToProcess } from './process-write.ts';
import { problemOf, Refused } from './refused.ts';
import { hashableBody } from './sealed-body.ts';
import type { SealTaxId } from './sealed-body.ts';
import type { Call, FileReply, OwnHandler, ProcessHandler, ReadHandler, SignedIn } from './route-handler.ts';

/** What every route needs. */
export interface PipelineDeps {
  readonly database: AppDatabase;
  readonly sessions: Sessions;
  readonly processes: ProcessClient;
  readonly news: CaseNews;
  /** The engine answered for this receipt. */
  readonly confirm: (receipt: number) => void;
  /** Address of the console, without a trailing slash; its origin is the only one that may write. */
  readonly publicUrl: string;
  /** Epoch ms. */
  readonly now: () => number;
  /** In place of the database's clock for receipts; null outside of tests. */
  readonly receiptClock: (() => number) | null;
  /** How long the engine may take before the answer is 202. */
  readonly engineDeadlineMs: number;
  /** Seals the tax id of a customer before anything of a request is stored. */
  readonly sealTaxId: SealTaxId;
  /** 32 bytes: keys the hashes of bodies, so that a stored hash tells nothing of what was in it. */
  readonly hashKey: Buffer;
  readonly writeLimiter: RateLimiterMemory;
  readonly log: { error(facts: object, words: string): void; warn(facts: object, words: string): void };
  /** Whether an answer that does not fit its contract is an error of the request (development, tests) or only of the log. */
  readonly strictAnswers: boolean;
}

/** One route of the registry. */
export type Route =
  | {
      readonly name: string;
      readonly contract: RouteContract;
      readonly writes: 'process';
      readonly handler: ProcessHandler;
    }
  | {
      readonly name: string;
      readonly contract: RouteContract;
      readonly writes: 'own';
      readonly handler: OwnHandler;
    }
  | {
      readonly name: string;
      readonly contract: RouteContract;
      readonly writes: null;
      readonly handler: ReadHandler;
    };

const KB = 1024;
const BODY_LIMIT = 1024 * KB;
/** Files come as text inside JSON. */
const BODY_LIMITS: Readonly<Record<string, number>> = {
  'POST /api/imports': 21 * 1024 * KB,
  'POST /api/claims': 40 * 1024 * KB,
  'POST /api/price-books/:id/draft': 21 * 1024 * KB,
  'POST /api/exchange-rate-files': 21 * 1024 * KB,
  'POST /api/evidence': 15 * 1024 * KB,
};

/**
 * The one way through which every route is answered: session, permission, cross-site check, parsing, idempotency, one
 * transaction with the caller's scope, and an answer that fits the contract.
 */
export function routeHandler(route: Route, deps: PipelineDeps): RequestHandler {
  const cookieName = sessionCookieName(deps.publicUrl);
  const publicOrigin = new URL(deps.publicUrl).origin;
  return async (request, response) => {
    const atMs = deps.now();
    const principal = await admitted({ route, request, deps, atMs });
    if (route.writes !== null) {
      refuseCrossSite(request, publicOrigin);
      await withinLimit(deps.writeLimiter, principal.personId);
    }
    const parts = await partsOf(route, request);
    const call: Call = {
      principal,
      params: parts.params as Call['params'],
      query: parts.query as Call['query'],
      body: parts.body as Call['body'],
      atMs,
      ifMatch: ifMatchOf(route, request),
    };
    const scope = scopeOf(principal);
    if (route.writes === null) {
      const body = await deps.database.transaction({ scope, atMs, readOnly: true }, (sql) =>
        route.handler(call, sql),
      );
      sendRead({ route, response, deps, body });
      return;
    }
    const idempotencyKey = keyOf(request);
    const bodyHash = createHmac('sha256', deps.hashKey)
      .update(JSON.stringify([parts.params, hashableBody(parts.body, deps.sealTaxId)]))
      .digest('hex');
    if (route.writes === 'own') {
      const reply = await writeOwn({
        database: deps.database,
        scope,
        principal,
        route: route.name,
        idempotencyKey: request.method === 'POST' ? requiredKey(idempotencyKey) : null,
        bodyHash,
        statusCode: route.contract.status ?? 200,
        atMs,
        work: async (transaction) => {
          const answer = await route.handler(call, transaction);
          return { ...answer, body: fitting({ route, deps, body: answer.body }) };
        },
      });
      if (reply.clearsSession) response.append('set-cookie', clearedCookie(cookieName));
      if (reply.replayed) response.setHeader('idempotent-replayed', 'true');
      // What was kept comes back with its fields in the database's order; the contract's order makes it the same bytes.
      const body = reply.replayed ? fitting({ route, deps, body: reply.body ?? undefined }) : reply.body;
      sendJson({ route, response, statusCode: reply.statusCode, body });
      return;
    }
    const reply = await writeToProcess({
      database: deps.database,
      processes: deps.processes,
      news: deps.news,
      confirm: deps.confirm,
      scope,
      principal,
      route: route.name,
      idempotencyKey: requiredKey(idempotencyKey),
      bodyHash,
      atMs,
      receivedAtMs: deps.receiptClock?.() ?? null,
      deadlineMs: deps.engineDeadlineMs,
      prepare: (sql) => route.handler(call, sql),
    });
    if (reply.replayed) response.setHeader('idempotent-replayed', 'true');
    if (reply.location !== null) response.setHeader('location', reply.location);
    // The first answer has its fields in the order in which a repeat finds them in the record: the same bytes.
    const kept = inStoredOrder(reply.body);
    const body =
      reply.statusCode < 300 && reply.statusCode !== 202 ? fitting({ route, deps, body: kept }) : kept;
    sendJson({ route, response, statusCode: reply.statusCode, body });
  };
}

/** Answers a failed request with its problem; nothing of the fault but its kind leaves the house. */
export function sendProblem(input: {
  error: unknown;
  request: Request;
  response: Response;
  log: PipelineDeps['log'];
}): void {
  const { error, request, response, log } = input;
  const instance = typeof request.id === 'string' ? request.id : '';
  if (response.headersSent) {
    log.error({ err: error, instance }, 'the answer broke off');
    response.destroy();
    return;
  }
  const refused = refusedOf(error);
  if (refused.kind === 'internal') log.error({ err: error, instance }, 'a request failed');
  if (refused.kind === 'unavailable') log.warn({ err: error, instance }, 'a part is down');
  const problem = problemOf(refused.kind, refused.details, instance);
  if (refused.details.retryAfterSeconds !== undefined)
    response.setHeader('retry-after', String(refused.details.retryAfterSeconds));
  response.setHeader('cache-control', 'no-store');
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

function refusedOf(error: unknown): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof Unavailable)
    return new Refused('unavailable', {
      detail: `${error.message} Nothing was lost; try again.`,
      retryAfterSeconds: 2,
    });
  // A path that cannot be decoded is the caller's fault, as the router says.
  if (error instanceof URIError)
    return new Refused('invalid_request', { detail: 'The address cannot be decoded.' });
  return new Refused('internal', {
    detail: 'Something went wrong on our side; the request is in our logs under its instance.',
  });
}

async function admitted(input: {
  route: Route;
  request: Request;
  deps: PipelineDeps;
  atMs: number;
}): Promise<SignedIn> {
  const { route, request, deps, atMs } = input;
  const principal = await deps.sessions.signedInOf(request, atMs);
  if (principal === null)
    throw new Refused('not_signed_in', { detail: 'There is no session, or it has ended.' });
  const { permission } = route.contract;
  if (!isHeld(permission) || !may(principal, permission)) {
    throw new Refused('forbidden', { detail: `None of your roles holds ${permission}.` });
  }
  return principal;
}

/** The open ones are no permission that a person holds; the registry lets none of them under `/api`. */
function isHeld(permission: RouteContract['permission']): permission is Permission {
  return permissions.some((one) => one === permission);
}

/** The rows that somebody may see. */
export function scopeOf(principal: Pick<SignedIn, 'side' | 'partnerId'>): Scope {
  return principal.partnerId === null
    ? { side: 'vendor' }
    : { side: 'partner', partnerId: principal.partnerId };
}

async function partsOf(
  route: Route,
  request: Request,
): Promise<{ params: unknown; query: unknown; body: unknown }> {
  const { params, query, body } = route.contract;
  const bytes = body === undefined ? null : await readBody(request, BODY_LIMITS[route.name] ?? BODY_LIMIT);
  return parseParts([
    { part: 'params', schema: params, value: storable(request.params, '#params') },
    { part: 'query', schema: query, value: storable(request.query, '#query') },
    { part: 'body', schema: body, value: bytes === null ? undefined : parseJson(request, bytes) },
  ]);
}

/** Path and query as plain texts; a query names each field once, or several times as a list. */
function storable(values: object, place: string): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(values)) {
    for (const text of Array.isArray(value) ? value : [value]) {
      const reason = typeof text === 'string' ? textFault(text) : 'Give a plain text.';
      if (reason !== null)
        throw new Refused('invalid_request', {
          detail: 'One field is not valid.',
          errors: [{ pointer: `${place}/${key}`, reason }],
        });
    }
    plain[key] = value;
  }
  return plain;
}

function ifMatchOf(route: Route, request: Request): number | null {
  if (route.contract.versioned !== true || request.method !== 'PUT') return null;
  const header = request.headers['if-match'];
  if (header === undefined)
    throw new Refused('precondition_required', { detail: 'Send the ETag that you loaded as If-Match.' });
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(header)?.[1];
  if (version === undefined)
    throw new Refused('version_mismatch', { detail: 'The If-Match header names no version of ours.' });
  return Number(version);
}

function keyOf(request: Request): string | null {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key.trim() === '') return null;
  if (!/^[\x21-\x7e]{8,120}$/.test(key)) {
    throw new Refused('invalid_request', {
      detail: 'The Idempotency-Key is not valid.',
      errors: [
        { pointer: '#headers/idempotency-key', reason: 'Between 8 and 120 visible ASCII characters.' },
      ],
    });
  }
  return key;
}

function requiredKey(key: string | null): string {
  if (key === null)
    throw new Refused('missing_idempotency_key', {
      detail: 'Send an Idempotency-Key, a new one for each new write and the same one for each retry.',
    });
  return key;
}

/** Counts a call against a limit. Throws `Refused`. */
export async function withinLimit(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (cause) {
    if (!(cause instanceof RateLimiterRes)) throw cause;
    throw new Refused('too_many_requests', {
      detail: 'Slow down a little.',
      retryAfterSeconds: Math.max(1, Math.ceil(cause.msBeforeNext / 1000)),
    });
  }
}

/** The answer as its contract allows: in development a misfit is an error, in production it is logged and sent. */
function fitting(input: { route: Route; deps: PipelineDeps; body: unknown }): unknown {
  const { route, deps, body } = input;
  const result = route.contract.response.safeParse(body);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, code }) => ({ path: path.map(String).join('.'), code }));
  if (deps.strictAnswers)
    throw new Error(`The answer of ${route.name} does not fit its contract: ${JSON.stringify(issues)}`);
  deps.log.error({ route: route.name, issues }, 'an answer does not fit its contract');
  return body;
}

function sendRead(input: { route: Route; response: Response; deps: PipelineDeps; body: unknown }): void {
  const { route, response, deps, body } = input;
  response.setHeader('cache-control', 'no-store');
  if (route.contract.produces !== undefined) {
    const file = body as FileReply;
    response.setHeader(
      'content-disposition',
      `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`,
    );
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('content-security-policy', "default-src 'none'; sandbox");
    response.status(200).type(file.mediaType).send(file.content);
    return;
  }
  if (body instanceof ReceiptAnswer) {
    if (body.location !== null) response.setHeader('location', body.location);
    sendJson({ route, response, statusCode: body.statusCode, body: body.body });
    return;
  }
  sendJson({
    route,
    response,
    statusCode: route.contract.status ?? 200,
    body: fitting({ route, deps, body }),
  });
}

/** The answer to "what became of my write": the status of that write, not of this read. */
export class ReceiptAnswer {
  readonly statusCode: number;
  readonly body: unknown;
  readonly location: string | null;

  constructor(answer: { statusCode: number; body: unknown; location: string | null }) {
    this.statusCode = answer.statusCode;
    this.body = answer.body;
    this.location = answer.location;
  }
}

function sendJson(input: { route: Route; response: Response; statusCode: number; body: unknown }): void {
  const { route, response, statusCode, body } = input;
  response.setHeader('cache-control', 'no-store');
  if (statusCode === 204) {
    response.status(204).end();
    return;
  }
  const version = route.contract.versioned === true ? versionOf(body) : null;
  if (version !== null) response.setHeader('etag', `"${version}"`);
  response.status(statusCode);
  response.setHeader(
    'content-type',
    statusCode >= 400 ? 'application/problem+json; charset=utf-8' : 'application/json; charset=utf-8',
  );
  response.end(JSON.stringify(body ?? null));
}

/** The fields of every object as `jsonb` orders them: by length, then by bytes. */
function inStoredOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inStoredOrder);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([key, inner]) => ({ key, bytes: Buffer.from(key), inner: inStoredOrder(inner) }))
    .toSorted((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes));
  return Object.fromEntries(fields.map(({ key, inner }) => [key, inner]));
}

/** What is edited is numbered: a draft by `version`, a policy by `revision`. */
function versionOf(body: unknown): number | null {
  if (typeof body !== 'object' || body === null) return null;
  if ('revision' in body && typeof body.revision === 'number') return body.revision;
  return 'version' in body && typeof body.version === 'number' ? body.version : null;
}

function clearedCookie(name: string): string {
  return `${name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax${name.startsWith('__Host-') ? '; Secure' : ''}`;
}

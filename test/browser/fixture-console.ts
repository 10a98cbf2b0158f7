import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { Absence } from '../../api/contract/absences.ts';
import type { Role } from '../../domain/access.ts';
import * as data from './fixture-data.ts';

/*
 * The built console over an API of fixed answers, with the product's content security policy: for how screens look
 * and behave in states that are rare in a live installation. Every write is remembered, so that a test can ask what
 * the console sent.
 */

export interface Sent {
  readonly route: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

export interface FixtureConsole {
  readonly url: string;
  readonly sent: readonly Sent[];
  /** Who is signed in from the next page on. */
  as(role: Role): void;
  /** How many tasks the inbox holds. */
  tasks(count: number): void;
  /** A task is shown otherwise: of another kind, with other outcomes. */
  change(taskId: string, part: Partial<ReturnType<typeof data.tasks>[number]>): void;
  /** One more task, more urgent than the others, comes in. */
  reveal(): void;
  /** The next call of this route is answered so instead. */
  next(route: string, status: number, body: unknown): void;
  /** Tells the open streams that a case changed, once there is one. */
  tell(change: { caseId: string; seq: number; kind: string }): Promise<void>;
  close(): Promise<void>;
}

const dist = join(import.meta.dirname, '../../web/dist');
const mediaTypes: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.html': 'text/html',
};

export async function startFixtureConsole(): Promise<FixtureConsole> {
  let streamOpen = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    streamOpen = resolve;
  });
  const state = {
    role: 'approver' as Role,
    tasks: data.tasks(40),
    absences: data.absences,
    decided: new Set<string>(),
    /** Which task each decision decided, in the order of deciding. */
    decisions: new Map<string, string>(),
    drafts: new Map<
      string,
      { id: string; programId: string; version: number; body: Record<string, unknown>; updatedAt: string }
    >(),
    sent: [] as Sent[],
    planned: new Map<string, { status: number; body: unknown }>(),
    streams: new Set<ServerResponse>(),
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fixture');
    if (url.pathname === '/api/live') return openStream(response);
    if (!url.pathname.startsWith('/api/')) return serveFile(url.pathname, response);
    const body = await bodyOf(request);
    const route = `${request.method ?? 'GET'} ${url.pathname}`;
    if (request.method !== 'GET') state.sent.push({ route, headers: request.headers, body });
    const planned = state.planned.get(route);
    state.planned.delete(route);
    const [status, json] = planned === undefined ? api(route, url, body) : [planned.status, planned.body];
    const text = json === undefined ? '' : JSON.stringify(json);
    response.writeHead(status, {
      'content-type': status >= 400 ? 'application/problem+json' : 'application/json',
      'cache-control': 'no-store',
    });
    response.end(text);
  }

  function openStream(response: ServerResponse): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
    });
    response.write(':\n\n');
    state.streams.add(response);
    streamOpen();
    response.on('close', () => state.streams.delete(response));
  }

  function api(route: string, url: URL, body: unknown): [status: number, body: unknown] {
    const side = state.role.startsWith('partner') ? 'partner' : 'vendor';
    const open = state.tasks.filter(({ id }) => !state.decided.has(id));
    const id = route.split('/')[3] ?? '';
    const input = (body ?? {}) as Record<string, unknown>;
    switch (route.replace(/\/(reg|tsk|dec|drf|pol|prg|rch|abs|out|pbk|pbv|xrf|drl)_[^/]*/, '/:id')) {
      case 'GET /api/session':
        return [200, data.sessionOf(state.role)];
      case 'GET /api/sessions':
        return [
          200,
          {
            items: [
              { id: 'ses_1', createdAt: data.at(-9_000_000), lastSeenAt: data.at(-60_000), current: true },
            ],
          },
        ];
      case 'GET /api/preferences':
        return [
          200,
          {
            mail: { received: true, tasks: false, reminders: true, digest: 'daily' },
            timeZone: 'Europe/Berlin',
            locale: 'en-GB',
          },
        ];
      case 'GET /api/absences':
        return [
          200,
          {
            items: state.absences,
            deputies: [
              { id: 'psn_away', displayName: 'Director (demo)' },
              { id: 'psn_2', displayName: 'Second approver (demo)' },
            ],
            people: state.role === 'admin' ? [{ id: 'psn_2', displayName: 'Second approver (demo)' }] : [],
          },
        ];
      case 'POST /api/absences': {
        const { personId, deputyId, ...when } = input as Pick<Absence, 'fromAt' | 'untilAt' | 'capMinor'> & {
          personId: string;
          deputyId: string;
        };
        state.absences = [
          ...state.absences,
          {
            id: 'abs_2',
            person: { id: personId, displayName: 'Second approver (demo)' },
            deputy: { id: deputyId, displayName: 'Second approver (demo)' },
            ...when,
            mayEnd: true,
          },
        ];
        return [201, { id: 'abs_2' }];
      }
      case 'DELETE /api/absences/:id':
        state.absences = state.absences.filter((one) => one.id !== id);
        return [204, undefined];
      case 'GET /api/saved-views':
        return [200, { items: data.savedViews }];
      case 'GET /api/saved-views/counts':
        return [
          200,
          {
            items: data.savedViews
              .filter(({ screen }) => screen === url.searchParams.get('screen'))
              .map((view, index) => ({ id: view.id, count: index === 0 ? 99 : 7, more: index === 0 })),
          },
        ];
      case 'POST /api/saved-views':
        return [201, { ...input, id: 'viw_3', own: true, ownerName: 'approver (demo)' }];
      case 'GET /api/tasks': {
        const from = Number(url.searchParams.get('cursor') ?? 0);
        const found = open.filter(
          ({ due }) => url.searchParams.get('tone') === null || due?.tone === url.searchParams.get('tone'),
        );
        return [
          200,
          {
            items: found.slice(from, from + 50).map(rowOf),
            nextCursor: found.length > from + 50 ? String(from + 50) : null,
            counts: { open: found.length, breached: 3, dueSoon: 4 },
            sums: [{ amountMinor: 1_234_567_00, currency: 'EUR' }],
          },
        ];
      }
      case 'GET /api/tasks/:id':
        return [200, state.tasks.find((task) => task.id === id)];
      case 'POST /api/tasks/:id/assignment':
        return [200, { taskId: id, assignedTo: 'psn_2' }];
      case 'POST /api/tasks/:id/claim':
        return [200, { until: data.at(900_000) }];
      case 'POST /api/tasks/:id/decision': {
        state.decided.add(id);
        const decisionId = `dec_${state.decisions.size + 1}`;
        state.decisions.set(decisionId, id);
        const task = state.tasks.find((one) => one.id === id);
        return [
          201,
          {
            decisionId,
            taskId: id,
            caseId: task?.caseId ?? '',
            outcome: input['outcome'],
            decidedAt: data.at(0),
            effectiveAt: data.at(10_000),
            status: 'pending_approval',
          },
        ];
      }
      case 'POST /api/decisions/:id/retraction': {
        const taskId = state.decisions.get(id) ?? '';
        state.decided.delete(taskId);
        return [200, { decisionId: id, taskId, status: 'pending_approval' }];
      }
      case 'GET /api/deal-registrations':
        return [200, { items: data.rows(side), nextCursor: null }];
      case 'GET /api/deal-registrations/:id':
        return [200, data.registrationOf(id, side)];
      case 'GET /api/deal-registrations/:id/timeline':
        return [200, data.timelineAnswer(side, id)];
      case 'PUT /api/deal-registrations/:id/look':
        return [200, { upTo: input['upTo'] }];
      case 'GET /api/deal-registrations/:id/clock':
        return [200, { items: id === 'reg_7' ? data.clocks() : [] }];
      case 'POST /api/deal-registrations':
      case 'POST /api/deal-registrations/:id/information':
        return [
          201,
          {
            id: 'reg_1',
            reference: 'DR-7K3M-9QX2',
            status: 'under_review',
            closureCode: null,
            queue: 'channel-approvals',
            answerBy: data.at(18_000_000),
            nextStep: 'decided',
            nextAt: null,
            protectedUntil: null,
            ownCase: null,
            findings: [],
          },
        ];
      case 'GET /api/registration-drafts':
        return [200, { items: [...state.drafts.values()] }];
      case 'POST /api/registration-drafts': {
        const draft = {
          id: 'drf_1',
          programId: 'prg_1',
          version: 1,
          body: input['body'] as Record<string, unknown>,
          updatedAt: data.at(0),
        };
        state.drafts.set(draft.id, draft);
        return [201, draft];
      }
      case 'POST /api/evidence':
        return [201, { id: 'evd_9', name: input['name'], mediaType: 'text/plain', sizeBytes: 27 }];
      case 'GET /api/registration-drafts/:id':
        return [200, state.drafts.get(id)];
      case 'PUT /api/registration-drafts/:id': {
        const before = state.drafts.get(id);
        const draft = {
          id,
          programId: 'prg_1',
          version: (before?.version ?? 0) + 1,
          body: input['body'] as Record<string, unknown>,
          updatedAt: data.at(0),
        };
        state.drafts.set(id, draft);
        return [200, draft];
      }
      case 'POST /api/registration-drafts/:id/check':
        return [
          200,
          {
            errors: [],
            findings: [],
            ownCases: [
              {
                id: 'reg_5',
                reference: 'DR-7005-9QX5',
                status: 'expired',
                customerName: 'Aldermoor Logistics GmbH',
              },
            ],
          },
        ];
      case 'GET /api/programs':
        return [200, { items: data.programs }];
      case 'GET /api/products':
        return [
          200,
          {
            items: data.products.filter(
              ({ sku, name }) =>
                (url.searchParams.get('sku') ?? sku) === sku &&
                name.toLowerCase().includes((url.searchParams.get('search') ?? '').toLowerCase()),
            ),
            nextCursor: null,
          },
        ];
      case 'GET /api/partners':
        return [
          200,
          {
            items: [
              {
                id: 'prt_2',
                name: 'Quayside Networks',
                tier: 'gold',
                country: 'DE',
                kind: url.searchParams.get('kind') ?? 'reseller',
                standing: 'good',
              },
            ],
            nextCursor: null,
          },
        ];
      case 'GET /api/people-and-roles':
        return [200, { items: data.people }];
      case 'GET /api/role-changes':
        return [200, { items: data.roleChanges }];
      case 'POST /api/role-changes':
        return [201, { id: 'rch_9' }];
      case 'POST /api/role-changes/:id/decision':
        return [200, { id, status: 'confirmed', sessionsEnded: 0, tasksSentBack: 0 }];
      case 'GET /api/people':
        return [
          200,
          {
            items: [
              { id: 'psn_2', displayName: 'Second approver (demo)', roles: ['approver'], limitMinor: null },
            ],
            nextCursor: null,
          },
        ];
      case 'GET /api/my-partners':
        return [200, data.myPartners];
      case 'GET /api/operations/board':
        return [200, data.board];
      case 'GET /api/operations/stuck':
        return [200, { items: data.stuck }];
      case 'GET /api/operations/stuck/mail/:id/recipients':
        return [200, { items: [{ id: 'psn_8', displayName: 'Partner admin (demo)' }], nextCursor: null }];
      case 'POST /api/operations/stuck/mail/:id/reassign':
        return [200, { id }];
      case 'GET /api/programs/:id/policies':
        return [
          200,
          {
            items:
              id === 'prg_2'
                ? []
                : data.policies.filter(
                    ({ kind }) => kind === (url.searchParams.get('kind') ?? 'deal-registration'),
                  ),
          },
        ];
      case 'POST /api/programs':
        return [201, { id: 'prg_2' }];
      case 'POST /api/programs/:id/policies':
        return [201, { ...data.policies[0], body: input['body'] }];
      case 'GET /api/policy-examples':
        return [
          200,
          {
            items: [
              {
                kind: 'deal-registration',
                key: 'one-per-product',
                name: 'One per product',
                note: 'One registration per core product and customer.',
                body: data.policyBody,
              },
            ],
          },
        ];
      case 'GET /api/calendars':
        return [
          200,
          {
            items: [
              {
                name: 'berlin',
                version: 3,
                updatedAt: data.at(-90 * 86_400_000),
                programs: [],
                hasDraft: true,
              },
            ],
          },
        ];
      case 'GET /api/calendars/berlin':
        return [200, data.calendarOf(Number(url.searchParams.get('year') ?? 2026))];
      case 'PUT /api/calendars/berlin/draft':
        return [200, { name: 'berlin', revision: 3 }];
      case 'POST /api/calendars/berlin/publication':
        return [201, { name: 'berlin', version: 4 }];
      case 'GET /api/policies/:id':
        return [200, { ...data.policies.find((policy) => policy.id === id), body: data.bodyOf(id) }];
      case 'GET /api/policies/:id/changes':
        return [
          200,
          {
            changes: [
              'First response for gold: 8 business hours → 6 business hours',
              'Quiet period: none → 30 days',
            ],
          },
        ];
      case 'GET /api/exchange-rates':
        return [
          200,
          {
            on: url.searchParams.get('on') ?? data.at(0).slice(0, 10),
            items: data.exchangeRates,
          },
        ];
      case 'GET /api/exchange-rates/pair':
        return [200, { items: data.ratesOfPair }];
      case 'GET /api/exchange-rate-files':
        return [200, { items: data.exchangeRateFiles }];
      case 'POST /api/exchange-rate-files/:id/publication':
        return [200, { id, ratesAdded: 3 }];
      case 'GET /api/distributor-relations':
        return [200, { items: data.distributorRelations(side), nextCursor: null }];
      case 'POST /api/distributor-relations':
        return [201, { id: 'drl_9' }];
      case 'PUT /api/distributor-relations/:id':
        return [200, { id, toDate: input['toDate'] }];
      case 'GET /api/price-books':
        return [200, { items: [data.priceBook] }];
      case 'GET /api/price-books/:id':
        return [200, { ...data.priceBook, versions: data.priceVersions }];
      case 'GET /api/price-book-versions/:id/entries':
        return [200, { items: data.priceEntries, nextCursor: null }];
      case 'POST /api/price-books/:id/draft':
        return [
          200,
          {
            versionId: null,
            rowsTotal: 4,
            rowsBad: 1,
            errors: [
              {
                row: 3,
                column: 'listPrice',
                reason: 'Write a point for decimals and nothing between thousands: a comma may mean either.',
              },
            ],
            changes: null,
          },
        ];
      case 'POST /api/price-book-versions/:id/publication':
        return [200, { version: 3, effectiveFrom: data.at(0) }];
      case 'GET /api/audit':
        return [
          200,
          {
            items: [
              {
                id: 2,
                seq: null,
                at: data.at(-500),
                actor: 'Approver (demo)',
                action: 'task.decided',
                subject: 'reg_1',
                content: { outcome: 'approve' },
                hash: null,
              },
              {
                id: 1,
                seq: 812,
                at: data.at(-90_000),
                actor: null,
                action: 'registration.submitted',
                subject: 'reg_1',
                content: { reference: 'DR-7001-9QX1' },
                hash: 'a'.repeat(64),
              },
            ],
            nextCursor: null,
          },
        ];
      case 'POST /api/imports':
        return [
          201,
          {
            id: 'imp_1',
            kind: 'accounts',
            status: 'previewed',
            rowsTotal: 3,
            rowsBad: 1,
            errors: [
              { row: 3, column: 'country', reason: 'Give the country as two capital letters (ISO 3166).' },
            ],
            sample: [
              { legalName: 'Aldermoor Logistics GmbH', country: 'DE', webDomain: 'aldermoor.example' },
            ],
          },
        ];
      default:
        return [404, problem(404, 'not_found', `The fixture has no ${route}.`)];
    }
  }

  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    sent: state.sent,
    as: (role) => {
      state.role = role;
    },
    tasks: (count) => {
      state.tasks = data.tasks(count);
      state.decided.clear();
    },
    change: (taskId, part) => {
      state.tasks = state.tasks.map((task) => (task.id === taskId ? { ...task, ...part } : task));
    },
    reveal: () => {
      const [first] = state.tasks;
      if (first !== undefined)
        state.tasks = [{ ...first, id: 'tsk_new', subject: 'Ironbridge Freight Ltd' }, ...state.tasks];
    },
    next: (route, status, body) => {
      state.planned.set(route, { status, body });
    },
    tell: async (change) => {
      await opened;
      for (const stream of state.streams) stream.write(`data: ${JSON.stringify(change)}\n\n`);
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

/** A problem as the API says it. */
export function problem(
  status: number,
  kind: string,
  detail: string,
  more: Record<string, unknown> = {},
): unknown {
  return {
    type: `/problems/${kind}`,
    title: kind.replaceAll('_', ' '),
    status,
    detail,
    instance: 'fixture',
    ...more,
  };
}

function rowOf(task: ReturnType<typeof data.tasks>[number]): unknown {
  const { version, facts, factsHash, similar, ...row } = task;
  void [version, facts, factsHash, similar];
  return row;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
}

async function serveFile(path: string, response: ServerResponse): Promise<void> {
  const type = mediaTypes[extname(path)];
  if (type !== undefined && type !== 'text/html') {
    response.writeHead(200, { 'content-type': type }).end(await readFile(join(dist, normalize(path))));
    return;
  }
  const nonce = randomBytes(16).toString('base64');
  const page = (await readFile(join(dist, 'index.html'), 'utf8')).replaceAll('__CSP_NONCE__', nonce);
  response.writeHead(200, {
    'content-type': 'text/html',
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
  });
  response.end(page);
}

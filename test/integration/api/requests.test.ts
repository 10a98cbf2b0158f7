import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { createEngineMessages } from '../../../adapters/gateways/engine-messages.ts';
import { importedId } from '../../../adapters/store/import-own.ts';
import type { ProcessCall } from '../../../api/process-client.ts';
import { createProcessClient } from '../../../api/process-client.ts';
import { routeTables } from '../../../api/registry.ts';
import { rolePermissions } from '../../../domain/access.ts';
import { seededId } from '../../../prisma/seed.ts';
import { refusalIn } from '../../../workflows/contracts/command.ts';
import { freePort } from '../../../scripts/ports.ts';
import { answeringEngine, callerWith, METRICS_TOKEN, startApi, submissionFor } from './running-api.ts';
import type { Caller, Reply, RunningApi } from './running-api.ts';

const PROGRAM = seededId('program', 'cam-extended');

describe('the API over HTTP', () => {
  const deliveries: ProcessCall[] = [];
  let api: RunningApi;
  let partner: Caller;
  let approver: Caller;
  let sibling: Caller;

  beforeAll(async () => {
    api = await startApi({ processes: answeringEngine(deliveries, 150) });
    [partner, approver, sibling] = await Promise.all([
      api.signIn('sales@northwind.example'),
      api.signIn('approver@halyard.example'),
      api.signIn('admin@lakeside.example'),
    ]);
  }, 60_000);
  afterAll(() => api.stop());

  describe('sign-in', () => {
    test('through the embedded provider gives a session with roles and scope', async () => {
      const { status, body } = await partner.get('/api/session');
      expect(status).toBe(200);
      expect(body).toMatchObject({
        side: 'partner',
        partner: { name: 'Northwind Harbour Systems' },
        roles: ['partner_sales'],
        vendorName: 'Halyard Networks',
      });
    });

    test('stores a hash of the token and leaves a row in the audit chain', async () => {
      const token = /fairlead=([^;]+)/.exec(partner.cookie)?.[1] ?? '';
      const { rows } = await api.arrange.query(
        "select encode(token_hash, 'hex') as hash, length(token_hash) as bytes from session",
      );
      expect(
        rows.every(
          (row: { hash: string; bytes: number }) =>
            row.bytes === 32 && row.hash !== Buffer.from(token).toString('hex'),
        ),
      ).toBe(true);
      const audit = await api.arrange.query(
        "select count(*)::int as n from audit_row where action = 'signed_in'",
      );
      expect(audit.rows[0].n).toBeGreaterThanOrEqual(3);
    });

    test('ends with sign-out, and with too long a pause', async () => {
      const leaving = await api.signIn('finance@halyard.example');
      const reply = await leaving.send('DELETE', '/api/session');
      expect(reply.status).toBe(204);
      expect(reply.headers.getSetCookie().join()).toContain('Max-Age=0');
      expect((await leaving.get('/api/session')).status).toBe(401);
      const idle = await api.signIn('finance@halyard.example');
      await api.arrange.query(
        "update session set last_seen_at = now() - interval '8 hours 1 minute' where person_id = $1",
        [seededId('person', 'finance@halyard.example')],
      );
      expect((await idle.get('/api/session')).status).toBe(401);
    });

    test('rotates: signing in again ends the session that the browser had', async () => {
      const before = await api.signIn('admin@saffron.example');
      const page = await fetch(`${api.url}/sign-in/callback?code=x&state=y`, {
        headers: { cookie: before.cookie },
      });
      expect(page.status).toBe(401);
      expect((await before.get('/api/session')).status).toBe(200);
    });
  });

  describe('permissions', () => {
    test('are declared for every route that is answered, and for no other', () => {
      expect(api.served().toSorted()).toEqual(Object.keys(routeTables).toSorted());
    });

    test('nobody without a session, on any route that is not open', async () => {
      const nobody = callerWith(api.url, '');
      for (const [name, { permission }] of Object.entries(routeTables)) {
        const [method = '', path = ''] = name.split(' ');
        if (permission === 'public') continue;
        const address = path.replaceAll(/:[A-Za-z]+/g, 'x');
        const { status } =
          method === 'GET' ? await nobody.get(address) : await nobody.send(method as 'POST', address, {});
        expect({ name, status }).toEqual({ name, status: permission === 'metrics_token' ? 404 : 401 });
      }
    });

    test('an open route answers whoever asks', async () => {
      const open = Object.entries(routeTables).filter(([, { permission }]) => permission === 'public');
      const answers: Record<string, number> = {};
      for (const [name] of open) {
        const { status } = await fetch(api.url + name.slice('GET '.length), { redirect: 'manual' });
        answers[name] = status;
      }
      expect(answers).toEqual({
        'GET /healthz': 200,
        'GET /readyz': 200,
        'GET /openapi.json': 200,
        'GET /docs': 200,
        'GET /sign-in': 303,
        // Nobody had begun to sign in.
        'GET /sign-in/callback': 401,
      });
    });

    test('a role is refused every route whose permission it does not hold, and only those', async () => {
      for (const [name, contract] of Object.entries(routeTables)) {
        if (name === 'GET /api/live') continue;
        const [method = '', path = ''] = name.split(' ');
        const address = path.replaceAll(/:[A-Za-z]+/g, 'absent');
        for (const [caller, role] of [
          [partner, 'partner_sales'],
          [approver, 'approver'],
        ] as const) {
          if (name === 'DELETE /api/session') continue;
          const { status } =
            method === 'GET'
              ? await caller.get(address)
              : await caller.send(method as 'POST', address, {}, { 'if-match': '"1"' });
          const held =
            contract.permission === 'public' ||
            rolePermissions[role].some((permission) => permission === contract.permission);
          // What asks for a token of its own is not there for anybody with a session.
          const refusal = contract.permission === 'metrics_token' ? 404 : 403;
          expect({ name, role, refused: status === refusal }).toEqual({ name, role, refused: !held });
          expect(status).toBeLessThan(500);
        }
      }
    });

    test('what belongs to another partner does not exist', async () => {
      const program = seededId('program', 'cam-extended');
      const begun = await partner.send('POST', '/api/registration-drafts', { programId: program, body: {} });
      const file = await partner.send('POST', '/api/evidence', {
        name: 'notes.txt',
        contentBase64: Buffer.from('notes').toString('base64'),
      });
      expect([begun.status, file.status]).toEqual([201, 201]);
      const registrationId = await registrationOf(api);
      const own = [
        `/api/registration-drafts/${begun.body['id'] as string}`,
        `/api/evidence/${file.body['id'] as string}`,
      ];
      const ofCase = ['', '/timeline', '/clock', '/clock.csv'].map(
        (tail) => `/api/deal-registrations/${registrationId}${tail}`,
      );
      for (const path of [...own, ...ofCase]) {
        expect({ path, status: (await partner.get(path)).status }).toEqual({ path, status: 200 });
        const theirs = await sibling.get(path);
        const absent = await sibling.get(path.replace(/_[0-9a-z]{26}/, `_${'0'.repeat(26)}`));
        expect({ path, status: theirs.status }).toEqual({ path, status: 404 });
        expect(withoutIds(theirs.text)).toEqual(withoutIds(absent.text));
      }
      expect((await sibling.get('/api/deal-registrations')).body['items']).toEqual([]);
      for (const verb of ['withdrawal', 'extension', 'appeal']) {
        const reply = await sibling.send(
          'POST',
          `/api/deal-registrations/${registrationId}/${verb}`,
          verb === 'withdrawal' ? { reasonKey: 'x', words: '' } : { words: 'x' },
        );
        expect({ verb, status: reply.status }).toEqual({ verb, status: 404 });
      }
    });
  });

  describe('what changed since somebody looked', () => {
    const timelineOf = async (caller: Caller, id: string) =>
      (await caller.get(`/api/deal-registrations/${id}/timeline`)).body as {
        items: { seq: number }[];
        upTo: number;
        lastLook: { upTo: number; at: string } | null;
      };
    const newsIn = async (caller: Caller, id: string, query = '') => {
      const { items } = (await caller.get(`/api/deal-registrations${query}`)).body as {
        items: { id: string; news: { count: number; kind: string } | null }[];
      };
      return items.find((row) => row.id === id)?.news;
    };
    const look = (caller: Caller, id: string, upTo: number) =>
      caller.send('PUT', `/api/deal-registrations/${id}/look`, { upTo });

    test('a partner counts only steps that he may know of, and no number has a gap', async () => {
      const id = await registrationOf(api, 'Looked at');
      // Who registered it has seen its first step.
      expect(await newsIn(partner, id)).toBeNull();
      await eventOf(api, { id, seq: 2, audience: 'vendor' });
      await eventOf(api, { id, seq: 3, audience: 'everyone' });
      expect(await newsIn(partner, id)).toMatchObject({ count: 1, kind: 'note_written' });
      const before = await timelineOf(partner, id);
      expect([before.items.map(({ seq }) => seq), before.upTo, before.lastLook]).toEqual([[1, 2], 2, null]);
      expect((await look(partner, id, before.upTo)).status).toBe(200);
      expect(await newsIn(partner, id)).toBeNull();
      expect((await timelineOf(partner, id)).lastLook?.upTo).toBe(2);
      // What the vendor alone knows of changes nothing for him.
      await eventOf(api, { id, seq: 4, audience: 'vendor' });
      expect(await newsIn(partner, id)).toBeNull();
      expect(await newsIn(partner, id, '?changed=since_i_looked')).toBeUndefined();
      await eventOf(api, { id, seq: 5, audience: 'everyone' });
      expect(await newsIn(partner, id, '?changed=since_i_looked')).toMatchObject({ count: 1 });
      // Going back over an old answer takes nothing away from what was seen.
      await look(partner, id, 3);
      await look(partner, id, 1);
      expect((await timelineOf(partner, id)).lastLook?.upTo).toBe(3);
    });

    test('each person has his own; a case never looked at has no news, and what one did oneself is none', async () => {
      const id = await registrationOf(api, 'Looked at by two');
      await eventOf(api, { id, seq: 2, audience: 'vendor' });
      expect(await newsIn(approver, id)).toBeNull();
      await look(approver, id, 2);
      await eventOf(api, { id, seq: 3, audience: 'vendor' });
      expect(await newsIn(approver, id)).toMatchObject({ count: 1 });
      await look(approver, id, 3);
      await eventOf(api, {
        id,
        seq: 4,
        audience: 'vendor',
        actorId: seededId('person', 'approver@halyard.example'),
      });
      expect(await newsIn(approver, id)).toBeNull();
      expect((await timelineOf(approver, id)).lastLook?.upTo).toBe(3);
    });

    test('another partner cannot look, and is told what he is told of a case that is not', async () => {
      const id = await registrationOf(api, 'Not for siblings');
      const [theirs, absent] = [await look(sibling, id, 1), await look(sibling, `reg_${'0'.repeat(26)}`, 1)];
      expect([theirs.status, absent.status]).toEqual([404, 404]);
      const { rows } = await api.arrange.query('select 1 from case_seen where case_id = $1', [id]);
      expect(rows).toHaveLength(0);
    });
  });

  describe('saved views', () => {
    const view = (change: object = {}) => ({
      screen: 'registrations',
      name: 'Mine',
      query: { status: 'approved' },
      sharedWith: null,
      isDefault: false,
      ...change,
    });
    const save = (caller: Caller, change: object = {}) =>
      caller.send('POST', '/api/saved-views', view(change));
    const names = async (caller: Caller): Promise<string[]> =>
      (
        (await caller.get('/api/saved-views')).body as { items: { name: string; isDefault: boolean }[] }
      ).items.map(({ name, isDefault }) => (isDefault ? `${name}!` : name));

    test('are a person’s own; the default of a list is one', async () => {
      const first = await save(approver, { name: 'A', isDefault: true });
      expect(first.status).toBe(201);
      expect((await save(approver, { name: 'B', isDefault: true })).status).toBe(201);
      expect((await save(approver, { name: 'C', screen: 'inbox', isDefault: true })).status).toBe(201);
      expect(await names(approver)).toEqual(['A', 'B!', 'C!']);
      expect((await save(approver, { name: 'b' })).body).toMatchObject({
        errors: [{ pointer: '/name' }],
      });
      expect(await names(partner)).toEqual([]);
      const path = `/api/saved-views/${first.body['id'] as string}`;
      const { screen: _screen, ...changed } = view({ name: 'A2' });
      expect((await sibling.send('PUT', path, changed)).status).toBe(404);
      expect((await sibling.send('DELETE', path)).status).toBe(404);
      expect((await approver.send('PUT', path, changed)).status).toBe(200);
      expect((await approver.send('DELETE', path)).status).toBe(204);
      expect(await names(approver)).toEqual(['B!', 'C!']);
    });

    test('are shared with a role of one’s own, within one’s own partner', async () => {
      expect((await save(partner, { name: 'Ours', sharedWith: 'approver' })).body).toMatchObject({
        errors: [{ pointer: '/sharedWith' }],
      });
      const lakeside = await api.signIn('sales@lakeside.example');
      expect((await save(partner, { name: 'Ours', sharedWith: 'partner_sales' })).status).toBe(201);
      expect(await names(partner)).toEqual(['Ours']);
      expect(await names(lakeside)).toEqual([]);
      expect(await names(sibling)).toEqual([]);
      const second = await api.signIn('director@halyard.example');
      await save(approver, { name: 'For approvers', sharedWith: 'approver' });
      expect(await names(second)).not.toContain('For approvers');
      const colleague = await api.signIn('approver-2@halyard.example');
      expect(await names(colleague)).toEqual(['For approvers']);
    });
  });

  describe('the counts of saved views', () => {
    interface Count {
      id: string;
      count: number;
      more: boolean;
    }
    const saved = async (caller: Caller, screen: string, query: object): Promise<string> => {
      const reply = await caller.send('POST', '/api/saved-views', {
        screen,
        name: randomUUID(),
        query,
        sharedWith: null,
        isDefault: false,
      });
      expect(reply.status).toBe(201);
      return reply.body['id'] as string;
    };
    const counts = async (caller: Caller, screen: string): Promise<Map<string, string>> => {
      const reply = await caller.get(`/api/saved-views/counts?screen=${screen}`);
      expect([reply.status, reply.text]).toEqual([200, reply.text]);
      return new Map(
        (reply.body['items'] as Count[]).map(({ id, count, more }) => [id, `${count}${more ? '+' : ''}`]),
      );
    };

    test('are what each list shows its reader, and no more than that', async () => {
      const name = `Counted ${randomUUID()}`;
      for (let one = 0; one < 3; one += 1) await registrationOf(api, name);
      const queries = [
        { search: name },
        { search: name, status: 'approved' },
        { search: name, status: 'under_review', needs: 'vendor', sort: 'due' },
        { search: name, changed: 'since_i_looked' },
        // What the list does not know, and what is no value of a filter, is left out.
        { search: name, colour: 'green', needs: 'nobody' },
      ];
      const ids = [];
      for (const query of queries) ids.push(await saved(approver, 'registrations', query));
      const shown = await counts(approver, 'registrations');
      expect(ids.map((id) => shown.get(id))).toEqual(['3', '0', '3', '0', '3']);
      const list = await approver.get(`/api/deal-registrations?search=${encodeURIComponent(name)}`);
      expect((list.body['items'] as unknown[]).length).toBe(3);
      // A partner counts what is his; another partner's are not there, not even as a number.
      const [own, others] = [
        await saved(partner, 'registrations', { search: name }),
        await saved(sibling, 'registrations', { search: name }),
      ];
      expect((await counts(partner, 'registrations')).get(own)).toBe('3');
      expect((await counts(sibling, 'registrations')).get(others)).toBe('0');
      expect((await counts(approver, 'inbox')).has(ids[0] ?? '')).toBe(false);
    });

    test('of the inbox are of what one may decide, and go no further than 99', async () => {
      const caseId = await registrationOf(api, 'Many tasks');
      const tag = randomUUID();
      await api.arrange.query(
        `insert into task (id, case_id, case_kind, kind, workflow_id, subject, question, role, queue, outcomes, amount_minor, currency, facts_hash, opened_at, due_at)
         select 'tsk_' || $2 || n, $1, 'deal-registration', 'registration_review', $1, $2, 'approve_registration', case when n <= 5 then 'director' else 'approver' end,
                'deal-desk', '{approve}', 100, 'EUR', '', now(), now() - interval '1 hour' from generate_series(1, 120) n`,
        [caseId, tag],
      );
      const [mine, all, late, none] = [
        await saved(approver, 'inbox', { search: tag }),
        await saved(approver, 'inbox', { search: tag, show: 'all' }),
        await saved(approver, 'inbox', {
          search: tag,
          tone: 'breached',
          show: 'all',
          kind: 'registration_review',
        }),
        await saved(approver, 'inbox', { search: tag, tone: 'waiting' }),
      ];
      const shown = await counts(approver, 'inbox');
      expect([mine, all, late, none].map((id) => shown.get(id))).toEqual(['99+', '99+', '99+', '0']);
      // The list itself answers each tone.
      for (const [tone, many] of [
        ['breached', 50],
        ['waiting', 0],
        ['dueSoon', 0],
        ['paused', 0],
      ]) {
        const list = await approver.get(`/api/tasks?show=all&search=${tag}&tone=${tone}`);
        expect({ tone, many: (list.body['items'] as unknown[]).length }).toEqual({ tone, many });
      }
      await api.arrange.query("delete from task where subject = $1 and role = 'approver'", [tag]);
      const left = await counts(approver, 'inbox');
      expect([mine, all].map((id) => left.get(id))).toEqual(['0', '5']);
      await api.arrange.query('delete from task where subject = $1', [tag]);
      // Nobody counts tasks who may not see them.
      const own = await saved(partner, 'inbox', { show: 'all' });
      expect((await counts(partner, 'inbox')).has(own)).toBe(false);
    });
  });

  test('extensions, and the part of one who shares, stand on the page as far as its reader may know', async () => {
    const id = await registrationOf(api, 'Shared and extended');
    await api.arrange.query('update registration set extensions = 2 where id = $1', [id]);
    const approved = (seq: number, facts: object, hidden: object): Promise<unknown> =>
      api.arrange.query(
        `with e as (insert into process_event (case_id, seq, case_kind, partner_id, kind, at, audience, facts, input_hash)
           values ($1, $2, 'deal-registration', $3, 'approved', now(), 'everyone', $4, ''))
         insert into process_event_private (case_id, seq, facts, result) values ($1, $2, $5, '{}')`,
        [id, seq, seededId('partner', 'northwind'), facts, hidden],
      );
    const shares = async (): Promise<unknown[]> => {
      const pages = await Promise.all(
        [partner, approver].map((caller) => caller.get(`/api/deal-registrations/${id}`)),
      );
      expect(pages.map(({ body }) => body['extensions'])).toEqual([2, 2]);
      return pages.map(({ body }) => body['benefitPpm']);
    };
    expect(await shares()).toEqual([null, null]);
    await approved(11, {}, { benefitPpm: 500_000 });
    expect(await shares()).toEqual([null, 500_000]);
    await approved(12, { benefitPpm: 500_000 }, { benefitPpm: 500_000 });
    expect(await shares()).toEqual([500_000, 500_000]);
    await approved(13, {}, {});
    expect(await shares()).toEqual([null, null]);
    const list = await partner.get('/api/deal-registrations?search=Shared%20and%20extended');
    expect(list.body['items']).toMatchObject([{ extensions: 2 }]);
  });

  test('people and their roles are shown to the administrator and the auditor, and to nobody else', async () => {
    const [admin, auditor] = await Promise.all([
      api.signIn('admin@halyard.example'),
      api.signIn('auditor@halyard.example'),
    ]);
    const { status, body } = await admin.get('/api/people-and-roles');
    expect([status, (await auditor.get('/api/people-and-roles')).status]).toEqual([200, 200]);
    const items = body['items'] as { email: string; roles: { role: string; inForce: boolean }[] }[];
    expect(items.find(({ email }) => email === 'approver@halyard.example')?.roles).toEqual([
      expect.objectContaining({ role: 'approver', inForce: true, validFrom: null, validTo: null }) as unknown,
    ]);
    for (const caller of [partner, approver])
      expect((await caller.get('/api/people-and-roles')).status).toBe(403);
  });

  test('the evidence pack of a case is the auditor’s, as a file', async () => {
    const id = await registrationOf(api, 'Audited');
    const auditor = await api.signIn('auditor@halyard.example');
    const path = `/api/deal-registrations/${id}/evidence-pack`;
    const pack = await auditor.get(path);
    expect({ status: pack.status, zip: pack.text.startsWith('PK') }).toEqual({ status: 200, zip: true });
    for (const caller of [partner, approver]) expect((await caller.get(path)).status).toBe(403);
    expect((await auditor.get('/api/deal-registrations/reg_none/evidence-pack')).status).toBe(404);
  });

  describe('my partners', () => {
    test('are those that the account manager looks after, with what waits for whom; nobody else has the screen', async () => {
      const manager = await api.signIn('account-manager@halyard.example');
      const id = await registrationOf(api, 'Looked after');
      await api.arrange.query(
        "update registration set status = 'approved', protected_until = now() + interval '3 days' where id = $1",
        [id],
      );
      await api.arrange.query(
        `insert into sla_clock (id, case_id, case_kind, kind, partner_id, calendar, phase, started_at, due_at, state)
         values ('clk_after', $1, 'deal-registration', 'protection', $2, 'berlin', 'running', now(), now() + interval '3 days', '{"dueSoonAtMs": 1}')`,
        [id, seededId('partner', 'northwind')],
      );
      const { status, body } = await manager.get('/api/my-partners');
      expect(status).toBe(200);
      const { partners, attention, protections } = body as {
        partners: { name: string; protected: number; attention: number }[];
        attention: { caseId: string; reason: string }[];
        protections: { caseId: string }[];
      };
      expect(partners.find(({ name }) => name === 'Northwind Harbour Systems')).toMatchObject({
        protected: 1,
        attention: 1,
      });
      expect(attention).toEqual([
        expect.objectContaining({ caseId: id, reason: 'protection_ending' }) as unknown,
      ]);
      expect(protections.map(({ caseId }) => caseId)).toEqual([id]);
      expect([
        (await partner.get('/api/my-partners')).status,
        (await approver.get('/api/my-partners')).status,
      ]).toEqual([403, 403]);
    });
  });

  describe('writes from elsewhere', () => {
    test.each([
      ['without our header', { 'x-fairlead': '' }],
      ['from another origin', { origin: 'https://elsewhere.example' }],
      ['marked cross-site by the browser', { 'sec-fetch-site': 'cross-site' }],
    ])('are refused: %s', async (_name, headers) => {
      const reply = await partner.send(
        'POST',
        '/api/registration-drafts',
        { programId: PROGRAM, body: {} },
        headers,
      );
      expect([reply.status, reply.body['type']]).toEqual([403, '/problems/cross_site']);
    });

    test('our own origin is let through', async () => {
      const reply = await partner.send(
        'POST',
        '/api/registration-drafts',
        { programId: PROGRAM, body: {} },
        { origin: api.url, 'sec-fetch-site': 'same-origin' },
      );
      expect(reply.status).toBe(201);
    });
  });

  describe('idempotency', () => {
    test('twenty at once with one key: one receipt, one delivery, one answer', async () => {
      deliveries.length = 0;
      const key = randomUUID();
      const replies = await Promise.all(
        Array.from({ length: 20 }, () =>
          partner.send('POST', '/api/deal-registrations', submissionFor(PROGRAM), { 'idempotency-key': key }),
        ),
      );
      expect(new Set(replies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
      expect(replies[0]?.status).toBe(201);
      expect(deliveries).toHaveLength(1);
      const { rows } = await api.arrange.query(
        'select count(*)::int as n from receipt where idempotency_key = $1',
        [key],
      );
      expect(rows[0].n).toBe(1);
      expect(replies.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(19);
    });

    test('the same key with another body is 422, without one 400', async () => {
      const key = randomUUID();
      expect(
        (
          await partner.send('POST', '/api/deal-registrations', submissionFor(PROGRAM), {
            'idempotency-key': key,
          })
        ).status,
      ).toBe(201);
      const other = await partner.send(
        'POST',
        '/api/deal-registrations',
        { ...submissionFor(PROGRAM), opportunityName: 'Another one' },
        { 'idempotency-key': key },
      );
      expect([other.status, other.body['type']]).toEqual([422, '/problems/key_reused']);
      const none = await partner.send('POST', '/api/deal-registrations', submissionFor(PROGRAM), {
        'idempotency-key': '',
      });
      expect([none.status, none.body['type']]).toEqual([400, '/problems/missing_idempotency_key']);
    });

    test('holds for own writes too: one draft for one key', async () => {
      const key = randomUUID();
      const replies = await Promise.all(
        Array.from({ length: 8 }, () =>
          partner.send(
            'POST',
            '/api/registration-drafts',
            { programId: PROGRAM, body: { note: key } },
            { 'idempotency-key': key },
          ),
        ),
      );
      expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
      const { rows } = await api.arrange.query(
        "select count(*)::int as n from registration_draft where body->>'note' = $1",
        [key],
      );
      expect(rows[0].n).toBe(1);
      const other = await partner.send(
        'POST',
        '/api/registration-drafts',
        { programId: PROGRAM, body: {} },
        { 'idempotency-key': key },
      );
      expect(other.status).toBe(422);
    });

    test('a receipt belongs to the person who wrote', async () => {
      const key = randomUUID();
      await partner.send('POST', '/api/deal-registrations', submissionFor(PROGRAM), {
        'idempotency-key': key,
      });
      const { rows } = await api.arrange.query('select update_id from receipt where idempotency_key = $1', [
        key,
      ]);
      const path = `/api/receipts/${rows[0].update_id as string}`;
      expect((await partner.get(path)).status).toBe(201);
      expect((await sibling.get(path)).status).toBe(404);
      expect((await approver.get(path)).status).toBe(404);
    });
  });

  describe('lists of the directory', () => {
    type Named = { name?: string; displayName?: string; sku?: string; id?: string };
    const pagesOf = async (caller: Caller, path: string): Promise<Named[]> => {
      const all: Named[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const from = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const { status, body } = await caller.get(`${path}limit=2${from}`);
        expect({ path, status }).toEqual({ path, status: 200 });
        const page = body as unknown as { items: Named[]; nextCursor: string | null };
        expect(page.items.length).toBeLessThanOrEqual(2);
        all.push(...page.items);
        cursor = page.nextCursor;
      }
      return all;
    };
    const wholeOf = async (caller: Caller, path: string): Promise<Named[]> =>
      (await caller.get(`${path}limit=200`)).body['items'] as Named[];

    test('come page by page, each row once, in the order of names, also of equal names', async () => {
      for (const [n, name] of ['Twin', 'Twin', 'Twin', 'Ünsal & Ṣoṇ 100% _'].entries())
        await api.arrange.query(
          `insert into product (sku, name, family) select $1, $2, key from product_family order by key limit 1`,
          [`TWN-${n}`, name],
        );
      const ops = await api.signIn('program-ops@halyard.example');
      for (const [caller, path] of [
        [partner, '/api/products?'],
        [ops, '/api/partners?'],
        [ops, '/api/people?'],
      ] as const) {
        const paged = await pagesOf(caller, path);
        expect(paged.length).toBeGreaterThan(2);
        expect(paged).toEqual(await wholeOf(caller, path));
        expect(new Set(paged.map(({ sku, id }) => sku ?? id)).size).toBe(paged.length);
      }
    });

    test('are narrowed by words taken literally and by their fields', async () => {
      const names = async (caller: Caller, path: string): Promise<(string | undefined)[]> =>
        (await wholeOf(caller, path)).map(({ name, displayName }) => name ?? displayName);
      expect(await names(partner, '/api/products?search=twin&')).toEqual(['Twin', 'Twin', 'Twin']);
      expect(await names(partner, `/api/products?search=${encodeURIComponent('100% _')}&`)).toHaveLength(1);
      expect(await names(partner, '/api/products?search=%25%25&')).toEqual([]);
      expect(await names(partner, '/api/products?sku=TWN-1&sku=HSW-48&sku=none&')).toEqual([
        'Switch, 48 ports',
        'Twin',
      ]);
      expect((await names(partner, '/api/products?family=storage&')).length).toBe(2);
      const ops = await api.signIn('program-ops@halyard.example');
      expect(await names(ops, '/api/partners?search=NORTHWIND&')).toEqual(['Northwind Harbour Systems']);
      expect(await names(ops, '/api/partners?country=QZ&')).toEqual([]);
      const directors = (await ops.get('/api/people?role=director')).body['items'] as { roles: string[] }[];
      expect(directors.length).toBeGreaterThan(0);
      expect(directors.every(({ roles }) => roles.includes('director'))).toBe(true);
      expect((await partner.get('/api/products?cursor=abc')).status).toBe(400);
    });
  });

  describe('a mail that was set aside', () => {
    const SALES = seededId('person', 'sales@northwind.example');
    const setAside = async (id: string, target: string, template = 'decided'): Promise<void> => {
      await api.arrange.query(
        `insert into outbound (id, case_id, seq, n, channel, target, template, payload, not_before, attempts, parked_at, last_error)
         values ($1, 'reg_x', 1, $2, 'mail', $3, $4, '{}', now(), 9, now(), 'no such mailbox')`,
        [id, Number(id.replace(/\D/g, '')), target, template],
      );
    };
    const recipientsOf = async (ops: Caller, id: string): Promise<string[]> =>
      (
        (await ops.get(`/api/operations/stuck/mail/${id}/recipients?limit=200`)).body['items'] as {
          id: string;
        }[]
      ).map((one) => one.id);
    const send = (ops: Caller, id: string, personId: string): Promise<Reply> =>
      ops.send('POST', `/api/operations/stuck/mail/${id}/reassign`, { personId, reason: 'He has left.' });

    test('goes to a colleague of its receiver and to nobody of another house, with who, why and to whom', async () => {
      const ops = await api.signIn('program-ops@halyard.example');
      await setAside('out_71', SALES);
      const offered = await recipientsOf(ops, 'out_71');
      const { rows: same } = await api.arrange.query<{ id: string }>(
        `select c.id from person c join person t on t.partner_id = c.partner_id where t.id = $1 and c.id <> t.id and c.active order by c.display_name, c.id`,
        [SALES],
      );
      expect(same.length).toBeGreaterThan(0);
      expect(offered).toEqual(same.map(({ id }) => id));
      for (const email of ['sales@lakeside.example', 'approver@halyard.example']) {
        const refused = await send(ops, 'out_71', seededId('person', email));
        expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('/personId')]);
      }
      expect((await send(partner, 'out_71', offered[0] ?? '')).status).toBe(403);
      expect((await send(ops, 'out_71', offered[0] ?? '')).status).toBe(200);
      const { rows } = await api.arrange.query(
        "select target, parked_at, next_attempt_at <= now() + interval '1 minute' as due from outbound where id = 'out_71'",
      );
      expect(rows).toEqual([{ target: offered[0], parked_at: null, due: true }]);
      const audit = await api.arrange.query(
        "select content from audit_row where action = 'mail_reassigned' and subject = 'mail:out_71'",
      );
      expect(audit.rows).toEqual([{ content: { from: SALES, to: offered[0], reason: 'He has left.' } }]);
      // It is under way now: nobody hands it on any more.
      expect((await send(ops, 'out_71', SALES)).status).toBe(404);
    });

    test('of a role goes to people of the vendor; a digest is its own reader’s', async () => {
      const ops = await api.signIn('program-ops@halyard.example');
      await setAside('out_72', 'role:approver', 'task_opened');
      const offered = await recipientsOf(ops, 'out_72');
      expect(offered).toContain(seededId('person', 'approver@halyard.example'));
      expect(offered).not.toContain(SALES);
      await setAside('out_73', seededId('person', 'approver@halyard.example'), 'digest');
      expect(await recipientsOf(ops, 'out_73')).toEqual([]);
      const { body } = await ops.get('/api/operations/stuck');
      const actions = Object.fromEntries(
        (body['items'] as { id: string; actions: string[] }[]).map((one) => [one.id, one.actions]),
      );
      expect(actions['out_72']).toContain('reassign');
      expect(actions['out_73']).not.toContain('reassign');
      await api.arrange.query("delete from outbound where id in ('out_71', 'out_72', 'out_73')");
    });
  });

  describe('drafts', () => {
    test('are saved over the version that was loaded, and no other', async () => {
      const begun = await partner.send('POST', '/api/registration-drafts', { programId: PROGRAM, body: {} });
      const path = `/api/registration-drafts/${begun.body['id'] as string}`;
      expect(begun.headers.get('etag')).toBe('"1"');
      expect((await partner.send('PUT', path, { body: { a: 1 } })).status).toBe(428);
      expect(
        (await partner.send('PUT', path, { body: { a: 1 } }, { 'if-match': '"1"' })).headers.get('etag'),
      ).toBe('"2"');
      expect((await partner.send('PUT', path, { body: { a: 2 } }, { 'if-match': '"1"' })).status).toBe(412);
      expect((await partner.send('DELETE', path)).status).toBe(204);
      expect((await partner.get(path)).status).toBe(404);
    });
  });

  describe('poison', () => {
    const draft = (body: string): string => `{"programId":"${PROGRAM}","body":${body}}`;
    test.each([
      ['NUL', draft('{"a":"x\\u0000y"}'), '/body/a'],
      ['a lone surrogate', draft('{"a":["\\ud800"]}'), '/body/a/0'],
      ['__proto__', draft('{"__proto__":{"admin":true}}'), '/body/__proto__'],
      ['1e400', draft('{"a":1e400}'), '/body/a'],
      ['deep JSON', draft('['.repeat(5_000) + ']'.repeat(5_000)), '/body/0'],
      ['an unknown field', '{"programId":"x","body":{},"extra":1}', '/extra'],
      ['no JSON', '{"a":', ''],
    ])('%s is 400 and names the field', async (_name, body, pointer) => {
      const reply = await partner.send('POST', '/api/registration-drafts', body);
      expect(reply.status).toBe(400);
      const pointers = (reply.body['errors'] as { pointer: string }[]).map((error) => error.pointer);
      expect(pointers.some((one) => one.startsWith(pointer))).toBe(true);
    });

    test('NUL in a query, a broken escape in a path', async () => {
      expect((await partner.get('/api/deal-registrations?search=%00')).status).toBe(400);
      expect((await partner.get('/api/deal-registrations/%E0%A4%A')).status).toBe(400);
      expect((await partner.get('/api/deal-registrations?cursor=WyJ4IiwieSJd')).status).toBe(400);
    });

    test('two megabytes are 413, and a page of HTML is 415', async () => {
      expect(
        (await partner.send('POST', '/api/registration-drafts', draft(`"${'x'.repeat(2 * 1024 * 1024)}"`)))
          .status,
      ).toBe(413);
      expect(
        (await partner.send('POST', '/api/registration-drafts', '<p>', { 'content-type': 'text/html' }))
          .status,
      ).toBe(415);
    });

    test('an unknown route is a problem, not a page', async () => {
      const reply = await partner.get('/api/nothing-here');
      expect([reply.status, reply.headers.get('content-type')]).toEqual([
        404,
        'application/problem+json; charset=utf-8',
      ]);
    });

    test('every error of a submission at once', async () => {
      const reply = await partner.send('POST', '/api/deal-registrations', {
        ...submissionFor(PROGRAM),
        opportunityName: '',
        lines: [],
        expectedClose: 'soon',
        surprise: true,
      });
      expect(
        (reply.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer).toSorted(),
      ).toEqual(['/expectedClose', '/lines', '/opportunityName', '/surprise']);
    });

    test('a cell that a spreadsheet would run is text in an export', async () => {
      await registrationOf(api, '=cmd()');
      const admin = await api.signIn('admin@northwind.example');
      expect((await admin.get('/api/deal-registrations.csv')).text).toContain(",'=cmd(),");
    });
  });

  describe('policies', () => {
    test('whoever wrote one cannot publish it; a second person can; versions never overlap', async () => {
      const ops = await api.signIn('program-ops@halyard.example');
      const admin = await api.signIn('admin@halyard.example');
      const versions = (await ops.get(`/api/programs/${PROGRAM}/policies`)).body['items'] as { id: string }[];
      const current = await ops.get(`/api/policies/${versions[0]?.id ?? ''}`);
      const body = current.body['body'] as Record<string, unknown>;
      const draft = await ops.send('POST', `/api/programs/${PROGRAM}/policies`, {
        kind: 'deal-registration',
        note: 'Shorter',
        body: { ...body, undoWindowSeconds: 30 },
      });
      expect(draft.status).toBe(201);
      const publication = `/api/policies/${draft.body['id'] as string}/publication`;
      const effectiveFrom = new Date(Date.now() + 3_600_000).toISOString();
      const own = await ops.send('POST', publication, { effectiveFrom });
      expect([own.status, own.body['type']]).toEqual([422, '/problems/not_allowed_now']);
      const published = await admin.send('POST', publication, { effectiveFrom });
      expect([published.status, published.body['version'], published.body['status']]).toEqual([
        200,
        2,
        'published',
      ]);
      expect((await ops.get(`/api/policies/${versions[0]?.id ?? ''}`)).body['effectiveTo']).toBe(
        effectiveFrom,
      );
      const changes = await ops.get(
        `/api/policies/${draft.body['id'] as string}/changes?since=${versions[0]?.id ?? ''}`,
      );
      expect(changes.body['changes']).toHaveLength(1);
      expect(
        (
          await ops.send(
            'PUT',
            `/api/policies/${draft.body['id'] as string}`,
            { note: '', body },
            { 'if-match': `"${published.body['revision'] as number}"` },
          )
        ).status,
      ).toBe(422);
    });

    test('who edits a draft becomes its author and cannot publish it either', async () => {
      const ops = await api.signIn('program-ops@halyard.example');
      const admin = await api.signIn('admin@halyard.example');
      const versions = (await ops.get(`/api/programs/${PROGRAM}/policies`)).body['items'] as {
        id: string;
        status: string;
      }[];
      const source = versions.find(({ status }) => status === 'published');
      const body = (await ops.get(`/api/policies/${source?.id ?? ''}`)).body['body'] as Record<
        string,
        unknown
      >;
      const draft = await ops.send('POST', `/api/programs/${PROGRAM}/policies`, {
        kind: 'deal-registration',
        note: '',
        body,
      });
      const path = `/api/policies/${draft.body['id'] as string}`;
      expect((await admin.send('PUT', path, { note: 'mine', body }, { 'if-match': '"1"' })).status).toBe(200);
      const effectiveFrom = new Date(Date.now() + 7_200_000).toISOString();
      expect((await admin.send('POST', `${path}/publication`, { effectiveFrom })).status).toBe(422);
      expect((await ops.send('POST', `${path}/publication`, { effectiveFrom })).status).toBe(422);
    });

    test('a bad document answers every error with its place and changes nothing', async () => {
      const ops = await api.signIn('program-ops@halyard.example');
      const count = async (): Promise<number> =>
        ((await ops.get(`/api/programs/${PROGRAM}/policies`)).body['items'] as unknown[]).length;
      const before = await count();
      const reply = await ops.send('POST', `/api/programs/${PROGRAM}/policies`, {
        kind: 'deal-registration',
        note: '',
        body: { undoWindowSeconds: 900 },
      });
      expect(reply.status).toBe(400);
      const pointers = (reply.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer);
      expect(pointers).toEqual(
        expect.arrayContaining(['/body/undoWindowSeconds', '/body/calendarName', '/body/routing']),
      );
      expect(await count()).toBe(before);
    });
  });

  describe('policies of special prices', () => {
    interface Version {
      id: string;
      kind: string;
      version: number | null;
    }
    const path = `/api/programs/${PROGRAM}/policies`;
    const versionsOf = async (who: Caller, kind?: string): Promise<Version[]> =>
      (await who.get(`${path}${kind === undefined ? '' : `?kind=${kind}`}`)).body['items'] as Version[];

    test('live beside those of registrations, by the same rules and apart from them', async () => {
      const ops = await api.signIn('program-ops@halyard.example');
      const admin = await api.signIn('admin@halyard.example');
      const registrations = await versionsOf(ops, 'deal-registration');
      const [first] = await versionsOf(ops, 'special-pricing');
      expect(new Set((await versionsOf(ops)).map(({ kind }) => kind))).toEqual(
        new Set(['deal-registration', 'special-pricing']),
      );
      expect(first).toMatchObject({ version: 1, status: 'published', inEffect: true });
      const body = (await ops.get(`/api/policies/${first?.id ?? ''}`)).body['body'] as Record<
        string,
        unknown
      >;

      // A document of one kind is not one of the other.
      const wrong = await ops.send('POST', path, { kind: 'deal-registration', note: '', body });
      expect([wrong.status, (wrong.body['errors'] as object[]).length > 10]).toEqual([400, true]);

      const draft = await ops.send('POST', path, {
        kind: 'special-pricing',
        note: 'A shorter undo window',
        body: { ...body, undoWindowSeconds: 5, tierDiscounts: { gold: 100_000 } },
      });
      expect(draft.status).toBe(201);
      const id = draft.body['id'] as string;
      const bad = await ops.send(
        'PUT',
        `/api/policies/${id}`,
        { note: '', body: { ...body, bands: [] } },
        { 'if-match': '"1"' },
      );
      expect([bad.status, (bad.body['errors'] as { pointer: string }[])[0]?.pointer]).toEqual([
        400,
        '/body/bands',
      ]);
      const effectiveFrom = new Date(Date.now() + 3_600_000).toISOString();
      const publish = (who: Caller) => who.send('POST', `/api/policies/${id}/publication`, { effectiveFrom });
      expect((await publish(ops)).status).toBe(422);
      expect((await publish(admin)).body).toMatchObject({ kind: 'special-pricing', version: 2 });
      const changes = await ops.get(`/api/policies/${id}/changes?since=${first?.id ?? ''}`);
      expect(changes.body['changes']).toEqual(
        expect.arrayContaining(['Undo window: 10 seconds → 5 seconds', 'Discount of tier gold: 12 % → 10 %']),
      );
      const across = await ops.get(`/api/policies/${id}/changes?since=${registrations[0]?.id ?? ''}`);
      expect(across.status).toBe(404);
      // What is published of one kind changes nothing of the other.
      expect(await versionsOf(ops, 'deal-registration')).toEqual(registrations);
    });

    test('have an example for each program that ships', async () => {
      const ops = await api.signIn('program-ops@halyard.example');
      const items = (await ops.get('/api/policy-examples')).body['items'] as { kind: string; key: string }[];
      const keysOf = (kind: string): string[] =>
        items.filter((one) => one.kind === kind).map(({ key }) => key);
      expect(keysOf('special-pricing')).toEqual(keysOf('deal-registration'));
    });
  });

  describe('a further program', () => {
    test('is added, has its first draft from an example, and is published by a second person', async () => {
      const ops = await api.signIn('program-ops@halyard.example');
      const admin = await api.signIn('admin@halyard.example');
      const program = { key: 'quay', name: 'Quay program', currency: 'USD' };
      const approver = await api.signIn('approver@halyard.example');
      expect((await approver.send('POST', '/api/programs', program)).status).toBe(403);
      const added = await ops.send('POST', '/api/programs', program);
      expect(added.status).toBe(201);
      const again = await admin.send('POST', '/api/programs', program);
      expect([again.status, again.body['errors']]).toEqual([
        400,
        [expect.objectContaining({ pointer: '/key' })],
      ]);
      const bad = await ops.send('POST', '/api/programs', { ...program, key: 'No key' });
      expect([bad.status, bad.body['errors']]).toEqual([400, [expect.objectContaining({ pointer: '/key' })]]);

      const path = `/api/programs/${added.body['id'] as string}/policies`;
      expect((await ops.get(path)).body['items']).toEqual([]);
      const examples = (await ops.get('/api/policy-examples')).body['items'] as {
        key: string;
        body: object;
      }[];
      expect(examples.map(({ key }) => key)).toContain('one-per-product');
      const body = { ...examples.find(({ key }) => key === 'one-per-product')?.body, currency: 'USD' };
      const draft = await ops.send('POST', path, { kind: 'deal-registration', note: '', body });
      expect(draft.status).toBe(201);
      const published = await admin.send('POST', `/api/policies/${draft.body['id'] as string}/publication`, {
        effectiveFrom: new Date().toISOString(),
      });
      expect([published.status, published.body['version']]).toEqual([200, 1]);
      const { rows: audit } = await api.arrange.query<{ action: string }>(
        `select action from audit_row where subject = $1 or subject = $2 order by id`,
        [added.body['id'], draft.body['id']],
      );
      expect(audit.map(({ action }) => action)).toEqual([
        'program_added',
        'policy_drafted',
        'policy_published',
      ]);
    });
  });

  describe('calendars', () => {
    test('one person writes a version, another puts it in force; every fault is named, nothing is lost in between', async () => {
      const ops = await api.signIn('program-ops@halyard.example');
      const admin = await api.signIn('admin@halyard.example');
      interface Shown {
        definition: { name: string; ownDays: object[] };
        days: { date: string; hours: object[]; words: string }[];
      }
      interface Detail {
        version: number;
        programs: string[];
        inForce: Shown;
        draft: (Shown & { revision: number; whyNotPublish: string | null }) | null;
      }
      const read = async (caller: typeof ops): Promise<Detail> =>
        (await caller.get('/api/calendars/berlin?year=2026')).body as unknown as Detail;
      const { version, inForce, draft: none } = await read(ops);
      expect(none).toBeNull();
      expect(inForce.days).toContainEqual({
        date: '2026-05-01',
        hours: [],
        words: expect.any(String) as string,
      });
      expect(inForce.days).toContainEqual({
        date: '2026-12-24',
        hours: [{ from: '09:00', to: '13:00' }],
        words: 'Half day',
      });

      const path = '/api/calendars/berlin/draft';
      const put = (
        caller: typeof ops,
        definition: object,
        revision: number | null,
      ): ReturnType<typeof ops.send> =>
        caller.send('PUT', path, { definition, note: 'Stocktaking', revision });
      const next = {
        ...inForce.definition,
        ownDays: [...inForce.definition.ownDays, { date: '12-31', hours: [], note: 'Stocktaking' }],
      };
      const wrong = await put(ops, { ...next, name: 'other', zone: 'Nowhere' }, null);
      expect(
        (wrong.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer).toSorted(),
      ).toEqual(['/definition/name', '/definition/zone']);
      expect((await put(ops, next, null)).status).toBe(200);
      // Somebody else's revision is not written over unseen.
      expect((await put(admin, next, null)).status).toBe(412);
      expect((await read(admin)).draft).toMatchObject({ revision: 1, whyNotPublish: null });
      expect((await read(ops)).draft).toMatchObject({ whyNotPublish: 'author' });
      expect((await read(ops)).inForce).toEqual(inForce);

      const publication = '/api/calendars/berlin/publication';
      expect((await ops.send('POST', publication, { revision: 1 })).status).toBe(422);
      expect((await admin.send('POST', publication, { revision: 7 })).status).toBe(412);
      const approver = await api.signIn('approver@halyard.example');
      expect((await approver.send('POST', publication, { revision: 1 })).status).toBe(403);
      expect((await approver.send('PUT', path, { definition: next, note: 'Mine', revision: 1 })).status).toBe(
        403,
      );
      const done = await admin.send('POST', publication, { revision: 1 });
      expect([done.status, done.body['version']]).toEqual([201, version + 1]);
      const after = await read(ops);
      expect([after.version, after.draft]).toEqual([version + 1, null]);
      expect(after.inForce.days).toContainEqual({ date: '2026-12-31', hours: [], words: 'Stocktaking' });
      const { rows: audit } = await api.arrange.query<{ action: string }>(
        `select action from audit_row where subject = 'berlin' order by id`,
        [],
      );
      expect(audit.map(({ action }) => action)).toEqual(['calendar_drafted', 'calendar_published']);
    });

    test('a new one begins as a draft, and a draft can be thrown away', async () => {
      const ops = await api.signIn('program-ops@halyard.example');
      const berlin = (await ops.get('/api/calendars/berlin')).body['inForce'] as { definition: object };
      const definition = { ...berlin.definition, name: 'warehouse' };
      const body = { definition, note: 'The warehouse works other hours', revision: null };
      expect((await ops.send('PUT', '/api/calendars/warehouse/draft', body)).status).toBe(200);
      const items = (await ops.get('/api/calendars')).body['items'] as { name: string }[];
      expect(items).toContainEqual(
        expect.objectContaining({ name: 'warehouse', version: null, hasDraft: true }),
      );
      expect((await ops.send('DELETE', '/api/calendars/warehouse/draft', undefined)).status).toBe(204);
      expect((await ops.get('/api/calendars/warehouse')).status).toBe(404);
      expect((await ops.send('DELETE', '/api/calendars/warehouse/draft', undefined)).status).toBe(404);
    });
  });

  test('metrics are read by whoever brings the token, and by nobody else', async () => {
    const read = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${api.url}/metrics`, { headers });
    const approverSession = await api.signIn('approver@halyard.example');
    for (const headers of [{}, { authorization: 'Bearer another' }, { cookie: approverSession.cookie }]) {
      const refused = await read(headers);
      expect(refused.status).toBe(404);
      expect(await refused.text()).not.toContain('fairlead_http_request_seconds');
    }
    const shown = await read({ authorization: `Bearer ${METRICS_TOKEN}` });
    expect([shown.status, await shown.text()]).toEqual([
      200,
      expect.stringContaining('fairlead_http_request_seconds'),
    ]);
  });

  test('imports name row and column, and store nothing while one row is bad', async () => {
    const ops = await api.signIn('program-ops@halyard.example');
    const head = 'sourceRef,accountRef,productFamily,stage,lastEngagedAt';
    const good = (n: number): string => `D-${n},A-${n},switching,proposal,2026-01-02T03:04:05Z`;
    const unknown = await ops.send('POST', '/api/imports', {
      kind: 'direct_deals',
      fileName: 'deals.csv',
      csv: [head, good(1)].join('\n'),
    });
    expect(unknown.body).toMatchObject({ status: 'refused', errors: [{ row: 2, column: 'accountRef' }] });
    for (const n of [1, 2, 3])
      await api.arrange.query(
        "insert into account (id, origin, legal_name, country, created_at) values ($1, 'import', 'Amber Quay Ltd', 'IE', now())",
        [importedId('acc', `A-${n}`)],
      );
    const bad = await ops.send('POST', '/api/imports', {
      kind: 'direct_deals',
      fileName: 'deals.csv',
      csv: [head, good(1), 'D-2,A-2,nothing,proposal,2026-01-02T03:04:05Z', good(3)].join('\n'),
    });
    expect(bad.body).toMatchObject({
      status: 'refused',
      rowsTotal: 3,
      rowsBad: 1,
      errors: [{ row: 3, column: 'productFamily' }],
    });
    expect((await ops.send('POST', `/api/imports/${bad.body['id'] as string}/commit`, {})).status).toBe(422);
    const csv = [head, good(1), good(2)].join('\n');
    const preview = await ops.send('POST', '/api/imports', {
      kind: 'direct_deals',
      fileName: 'deals.csv',
      csv,
    });
    expect(
      (await ops.send('POST', `/api/imports/${preview.body['id'] as string}/commit`, {})).body['status'],
    ).toBe('committed');
    const again = await ops.send('POST', '/api/imports', {
      kind: 'direct_deals',
      fileName: 'deals.csv',
      csv,
    });
    expect((await ops.send('POST', `/api/imports/${again.body['id'] as string}/commit`, {})).status).toBe(
      409,
    );
  });

  test('imports of registrations are bound to what a clock can run to and to who is enrolled', async () => {
    const ops = await api.signIn('program-ops@halyard.example');
    const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
    const row = (
      reference: string,
      change: { submitted?: string; until?: string; partner?: string },
    ): string =>
      [
        reference,
        change.partner ?? seededId('partner', 'northwind'),
        'one-per-product,new_customer,partner_sourced,approved,Amber Quay Ltd,IE,,Cork,Renewal of the campus,HSW-48,120,4500000,EUR,2027-09-30,qualified',
        change.submitted ?? day(-30),
        change.until ?? day(60),
      ].join(',');
    await api.arrange.query(
      "insert into partner (id, name, country, tier) values ('ptn_not_enrolled', 'Teal Reef Systems', 'IE', 'silver')",
    );
    const reply = await ops.send('POST', '/api/imports', {
      kind: 'registrations',
      fileName: 'registrations.csv',
      csv: [
        'sourceRef,partnerId,programKey,type,source,status,legalName,country,webDomain,city,opportunityName,sku,quantity,valueMinor,currency,expectedClose,stage,submittedAt,protectedUntil',
        row('R-1', {}),
        row('R-2', { until: day(40 * 365) }),
        row('R-3', { until: day(-1) }),
        row('R-4', { submitted: day(1) }),
        row('R-5', { partner: 'ptn_not_enrolled' }),
      ].join('\n'),
    });
    expect(reply.body).toMatchObject({
      status: 'refused',
      rowsBad: 4,
      errors: [
        { row: 3, column: 'protectedUntil' },
        { row: 4, column: 'protectedUntil' },
        { row: 5, column: 'submittedAt' },
        { row: 6, column: 'partnerId' },
      ],
    });
  });

  test('an import that was set aside is shown with its cause, tried again, or given up and brought anew', async () => {
    const ops = await api.signIn('program-ops@halyard.example');
    const importOf = async (id: string): Promise<unknown> => {
      const { body } = await ops.get('/api/operations/stuck');
      return (body['items'] as { id: string }[]).find((item) => item.id === id);
    };
    const preview = await ops.send('POST', '/api/imports', {
      kind: 'accounts',
      fileName: 'customers.csv',
      csv: 'accountRef,legalName,country,webDomain,industry,street,postalCode,city,phone,parentRef,engagement,createdAt\nA-77,Amber Quay Ltd,IE,,,,,,,,,',
    });
    const id = preview.body['id'] as string;
    await ops.send('POST', `/api/imports/${id}/commit`, {});
    const park = async (): Promise<void> => {
      await api.arrange.query(
        "update import_batch set parked_at = now(), attempts = 4, last_error = 'it does not fit' where id = $1",
        [id],
      );
    };
    expect(await importOf(id)).toBeUndefined();
    expect(
      (await ops.send('POST', `/api/operations/stuck/import/${id}/skip`, { reason: 'Too early.' })).status,
    ).toBe(404);
    await park();
    expect(await importOf(id)).toMatchObject({
      kind: 'import',
      reference: 'customers.csv',
      attempts: 4,
      cause: 'it does not fit',
      parked: true,
      actions: ['retry', 'skip'],
    });
    expect((await ops.get('/api/operations/board')).body['stuck']).toMatchObject({ imports: 1 });
    expect((await ops.send('POST', `/api/operations/stuck/import/${id}/retry`, {})).status).toBe(200);
    expect(await importOf(id)).toBeUndefined();
    await park();
    expect(
      (
        await ops.send('POST', `/api/operations/stuck/import/${id}/skip`, {
          reason: 'It was the wrong file.',
        })
      ).status,
    ).toBe(200);
    expect(await importOf(id)).toBeUndefined();
    const { rows } = await api.arrange.query('select status, skip_reason from import_batch where id = $1', [
      id,
    ]);
    expect(rows).toEqual([{ status: 'refused', skip_reason: 'It was the wrong file.' }]);
  });

  test('the stream tells a partner of his own cases only', async () => {
    const [mine, theirs, vendors] = await Promise.all([
      heard(api, partner),
      heard(api, sibling),
      heard(api, approver),
    ]);
    const id = await registrationOf(api);
    await eventOf(api, { id, seq: 2, audience: 'vendor' });
    await eventOf(api, { id, seq: 3, audience: 'everyone' });
    const numbersOf = (text: string): number[] =>
      [...text.matchAll(new RegExp(`id: ${id}:(\\d+)`, 'g'))].map(([, number]) => Number(number));
    await until(() => numbersOf(vendors.text()).length === 3 && numbersOf(mine.text()).length === 2);
    expect(numbersOf(vendors.text())).toEqual([1, 2, 3]);
    // A gap would tell of the step in between.
    expect(numbersOf(mine.text())).toEqual([1, 2]);
    expect(theirs.text()).not.toContain(id);
    for (const stream of [mine, theirs, vendors]) stream.end();
  });

  test('when the connection that hears of changes was lost, every open stream is told to ask anew', async () => {
    const stream = await heard(api, partner);
    const listeners = `select pg_terminate_backend(pid) as ended from pg_stat_activity
      where application_name = 'fairlead-live' and datname = current_database()`;
    const { rows } = await api.arrange.query<{ ended: boolean }>(listeners);
    expect(rows.map(({ ended }) => ended)).toContain(true);
    await until(() => stream.text().includes('event: resync'));
    const id = await registrationOf(api);
    await eventOf(api, { id, seq: 2, audience: 'everyone' });
    await until(() => stream.text().includes(`id: ${id}:`));
    stream.end();
  });
});

describe('the answer is the record’s', () => {
  test('it leaves when the step is committed, however long the engine goes on with the case', async () => {
    let told = (): void => undefined;
    const api: RunningApi = await startApi({
      engineDeadlineMs: 10_000,
      processes: (arrange) => ({
        ...answeringEngine([])(arrange),
        // As the workflow does that looks for rivals in the same task: the step is committed, the engine's answer comes later.
        async deliver(call) {
          const reply = await answeringEngine([])(arrange).deliver(call);
          const id = await registrationOf(api);
          await eventOf(api, { id, seq: 2, audience: 'everyone', receipt: call.command.receipt });
          await new Promise<void>((settle) => {
            told = settle;
          });
          return reply;
        },
      }),
    });
    try {
      const partner = await api.signIn('sales@northwind.example');
      const reply = await partner.send('POST', '/api/deal-registrations', submissionFor(PROGRAM));
      expect(reply.status).toBe(201);
      expect(reply.body['reference']).toMatch(/^DR-TEST-/);
      const relayed = async (): Promise<boolean> => {
        const { rows } = await api.arrange.query<{ left: boolean }>(
          `select next_attempt_at is not null as left from receipt where idempotency_key <> case_id order by number desc limit 1`,
        );
        return rows[0]?.left ?? false;
      };
      // Until the engine has said so as well the relay would deliver it again.
      expect(await relayed()).toBe(true);
      told();
      await until(async () => !(await relayed()));
    } finally {
      told();
      await api.stop();
    }
  }, 30_000);
});

describe('when a part is down', () => {
  test('the engine: the submission is accepted with a place to look, kept, and found there', async () => {
    const port = await freePort();
    const client = new Client({ connection: Connection.lazy({ address: `127.0.0.1:${port}` }) });
    const api = await startApi({
      processes: () =>
        createProcessClient(
          createEngineMessages({ client, namespace: 'default', deadlineMs: 400, refusalIn }),
        ),
      engineDeadlineMs: 400,
    });
    try {
      const partner = await api.signIn('sales@northwind.example');
      const began = Date.now();
      const reply = await partner.send('POST', '/api/deal-registrations', submissionFor(PROGRAM));
      expect(reply.status).toBe(202);
      expect(Date.now() - began).toBeLessThan(3_000);
      const place = reply.headers.get('location') ?? '';
      expect(reply.body).toMatchObject({ status: 'accepted', receipt: place });
      const { rows } = await api.arrange.query(
        'select update_name, starts_workflow, settled_at, next_attempt_at > received_at as later, facts from receipt',
      );
      expect(rows).toEqual([
        expect.objectContaining({
          update_name: 'submit',
          starts_workflow: 'dealRegistration',
          settled_at: null,
          later: true,
        }),
      ]);
      expect((await partner.get(place)).status).toBe(202);
      const ready = await fetch(`${api.url}/readyz`);
      expect([
        ready.status,
        ((await ready.json()) as { parts: { engine: string; database: string } }).parts,
      ]).toEqual([503, expect.objectContaining({ engine: 'down', database: 'up' })]);
    } finally {
      await api.stop();
    }
  }, 30_000);

  test('the database: 503 with Retry-After, quickly, and all is well again afterwards', async () => {
    const api = await startApi({ processes: answeringEngine([]) });
    try {
      const partner = await api.signIn('sales@northwind.example');
      const elsewhere = new pg.Client({
        connectionString: api.database.superuserUrl.replace(/[^/]+$/, 'postgres'),
      });
      await elsewhere.connect();
      await elsewhere.query(`alter database ${api.database.name} allow_connections false`);
      await elsewhere.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and usename = 'fairlead_app'",
        [api.database.name],
      );
      const began = Date.now();
      const reply = await partner.send('POST', '/api/deal-registrations', submissionFor(PROGRAM));
      expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '2']);
      expect(Date.now() - began).toBeLessThan(4_000);
      await elsewhere.query(`alter database ${api.database.name} allow_connections true`);
      await elsewhere.end();
      expect((await partner.send('POST', '/api/deal-registrations', submissionFor(PROGRAM))).status).toBe(
        201,
      );
    } finally {
      await api.stop();
    }
  }, 30_000);
});

function withoutIds(text: string): string {
  return text.replaceAll(/_[0-9a-z]{26}/g, '_').replaceAll(/[0-9a-f-]{36}/g, '');
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAtMs = Date.now() + 5_000;
  while (!(await holds())) {
    if (Date.now() > giveUpAtMs) throw new Error('it did not come to pass within 5 s');
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}

let made = 0;

/** A registration of the partner Northwind as its process would have written it. */
async function registrationOf(api: RunningApi, opportunityName = 'Campus refresh'): Promise<string> {
  made += 1;
  const id = seededId('registration', `case ${made}`);
  const account = seededId('account', `case ${made}`);
  const partnerId = seededId('partner', 'northwind');
  const person = seededId('person', 'sales@northwind.example');
  const details = submissionFor(PROGRAM);
  await api.arrange.query(
    "insert into account (id, entered_by_partner_id, origin, legal_name, country, created_at) values ($1, $2, 'registration', 'Ostrava Glass Works', 'CZ', now())",
    [account, partnerId],
  );
  const receipt = await api.arrange.query(
    `insert into receipt (person_id, partner_id, route, idempotency_key, body_hash, body, case_kind, case_id, workflow_id, update_name, update_id, facts, received_at)
     values ($1, $2, 'arranged', $3, '', '{}', 'deal-registration', $3, $3, 'submit', $3, '{}', now()) returning number`,
    [person, partnerId, id],
  );
  const {
    programId: _p,
    value: _v,
    opportunityName: _o,
    expectedClose: _e,
    type: _t,
    draftId: _d,
    ...rest
  } = details;
  const { taxId: _taxId, ...customer } = details['customer'] as Record<string, unknown>;
  await api.arrange.query(
    `insert into registration (id, reference, partner_id, program_id, policy_id, policy_version, submitted_by, receipt, status, type, account_id, opportunity_name,
       value_minor, currency, expected_close, stage, source, details, material_hash, submitted_at, waiting_for, seq, case_state)
     values ($1, $2, $3, $4, $5, 1, $6, $7, 'under_review', 'new_customer', $8, $9, 100, 'EUR', '2030-01-01', 'qualified', 'partner_sourced', $10, '', now(), 'vendor', 1, '{}')`,
    [
      id,
      `DR-${made}`,
      partnerId,
      PROGRAM,
      seededId('policy', 'cam-extended'),
      person,
      receipt.rows[0].number,
      account,
      opportunityName,
      { ...rest, customer },
    ],
  );
  await api.arrange.query(
    "insert into registration_line (registration_id, line_no, partner_id, sku, family, quantity) values ($1, 1, $2, 'HSW-48', 'switching', 120)",
    [id, partnerId],
  );
  await eventOf(api, { id, seq: 1, audience: 'everyone' });
  return id;
}

async function eventOf(
  api: RunningApi,
  event: { id: string; seq: number; audience: string; actorId?: string; receipt?: number },
): Promise<void> {
  await api.arrange.query(
    `insert into process_event (case_id, seq, case_kind, partner_id, kind, at, audience, facts, input_hash, actor_id, receipt) values ($1, $2, 'deal-registration', $3, 'note_written', now(), $4, '{}', '', $5, $6)`,
    [
      event.id,
      event.seq,
      seededId('partner', 'northwind'),
      event.audience,
      event.actorId ?? null,
      event.receipt ?? null,
    ],
  );
}

/** What one live stream says from now on. */
async function heard(api: RunningApi, caller: Caller): Promise<{ text: () => string; end: () => void }> {
  const abort = new AbortController();
  const response = await fetch(`${api.url}/api/live`, {
    headers: { cookie: caller.cookie },
    signal: abort.signal,
  });
  expect(response.headers.get('cache-control')).toContain('no-transform');
  let text = '';
  const decoder = new TextDecoder();
  void (async () => {
    for await (const part of response.body ?? []) text += decoder.decode(part);
  })().catch(() => undefined);
  return { text: () => text, end: () => abort.abort() };
}

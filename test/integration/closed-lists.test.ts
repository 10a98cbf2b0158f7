import { createPool } from '../../adapters/store/pool.ts';
import type { Pool } from '../../adapters/store/pool.ts';
import { roles } from '../../domain/access.ts';
import { partnerKinds } from '../../domain/deal-registration/policy.ts';
import { authorityOrder } from '../../domain/task.ts';
import { createTestDatabase } from '../setup/database.ts';
import type { TestDatabase } from '../setup/database.ts';

/* Lists that both the code and the database hold: each is one list. */

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.superuserUrl, max: 1, applicationName: 'test-closed-lists' });
}, 30_000);

afterAll(async () => {
  await pool.end();
  await database.drop();
}, 30_000);

test('the roles that decide: no limit on one of them is no limit at all', async () => {
  const { rows } = await pool.query<{ role: string }>(
    'select role from unnest($1::text[]) as r (role) where role_decides(role)',
    [roles],
  );
  expect(rows.map(({ role }) => role).toSorted()).toEqual([...authorityOrder].toSorted());
});

test('the kinds of partners', async () => {
  const add = (kind: string) =>
    pool.query("insert into partner (id, name, country, kind, tier) values ($1, $1, 'DE', $1, 'gold')", [
      kind,
    ]);
  for (const kind of partnerKinds) await add(kind);
  await expect(add('friend')).rejects.toThrow('partner_kind');
});

test('somebody with a limit as approver and none as chief executive officer has none', async () => {
  await pool.query(
    `insert into person (id, email, display_name, side) values ('psn_1', 'ceo@vendor.example', 'Chief executive officer', 'vendor');
     insert into person_role (person_id, role, limit_minor) values ('psn_1', 'approver', 100), ('psn_1', 'ceo', null);
     insert into session (token_hash, person_id, created_at, last_seen_at, expires_at) values ('\\x01', 'psn_1', now(), now(), now() + interval '1 hour')`,
  );
  const { rows } = await pool.query(
    "select roles, limit_minor as limit from session_principal('\\x01', now())",
  );
  expect(rows).toEqual([{ roles: ['approver', 'ceo'], limit: null }]);
});

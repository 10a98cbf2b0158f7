import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { refusalOf } from '../fixtures/registration-time.ts';
import { submitUntil } from '../fixtures/rivals.ts';
import { openRegistrationHouse, personOf } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { attachToServer } from '../setup/temporal.ts';

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;

beforeAll(async () => {
  env = await attachToServer();
  house = await openRegistrationHouse(env, { relay: true });
  await house.changePolicy('one-per-product', (policy) => ({
    ...policy,
    undoWindowSeconds: 0,
    reviewWindow: { amount: 0, unit: 'businessHour' },
  }));
}, 60_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
}, 30_000);

let number = 0;
/** The person is away from an hour ago until an hour ahead, unless told otherwise. */
async function away(input: {
  person: string;
  deputy: string;
  untilHours?: number;
  cap?: number;
}): Promise<() => Promise<void>> {
  number += 1;
  const id = `abs_${number}`;
  // People enter it through the API; here the record is arranged as it leaves it.
  await house.arrange(
    `insert into absence (id, person_id, deputy_id, from_at, to_at, cap_minor) values ($1, $2, $3, now() - interval '2 hours', now() + $4 * interval '1 hour', $5)`,
    [id, personOf(input.person), personOf(input.deputy), input.untilHours ?? 1, input.cap ?? null],
  );
  return () => house.arrange(`update absence set to_at = now() - interval '1 second' where id = $1`, [id]);
}

const DIRECTORS_VALUE = { amountMinor: 60_000_000, currency: 'EUR' };
const director = 'director@';
const deputy = 'approver@';

/** A registration whose value is above the deputy's own limit. */
function forDirector(as?: string): Promise<string> {
  return submitUntil(house, 'pending_approval', {
    ...(as === undefined ? {} : { as }),
    submission: { value: DIRECTORS_VALUE },
  });
}

async function reasonOf(id: string, message: Promise<unknown>): Promise<string | undefined> {
  return (await refusalOf(house, id, message)).refusal.errors?.[0]?.reason;
}

describe('while somebody is away', () => {
  test('the deputy decides in that place, the record says so, and afterwards it is as before', async () => {
    const id = await forDirector();
    expect(
      await reasonOf(id, house.decide({ id, as: deputy, actingFor: director, outcome: 'approve' })),
    ).toBe('no_deputy_now');
    const back = await away({ person: director, deputy });
    expect(await reasonOf(id, house.decide({ id, as: deputy, outcome: 'approve' }))).toMatch(
      /over_your_limit|not_your_role/,
    );
    expect((await house.decide({ id, as: deputy, actingFor: director, outcome: 'approve' })).statusCode).toBe(
      201,
    );
    expect((await house.registration(id)).status).toBe('approved');
    const expected = { actor_id: personOf(deputy), acting_for: personOf(director) };
    const one = async (text: string): Promise<unknown> => (await house.pool.query(text, [id])).rows[0];
    expect(await one('select actor_id, acting_for from decision where case_id = $1')).toEqual(expected);
    expect(
      await one(`select actor_id, acting_for from process_event where case_id = $1 and kind = 'approved'`),
    ).toEqual(expected);
    expect(
      await one(
        `select actor_id, acting_for from audit_row where subject like '%' || $1 and action like '%.approved'`,
      ),
    ).toEqual(expected);

    await back();
    const next = await forDirector();
    expect(
      await reasonOf(next, house.decide({ id: next, as: deputy, actingFor: director, outcome: 'approve' })),
    ).toBe('no_deputy_now');
    expect((await house.decide({ id: next, as: director, outcome: 'approve' })).statusCode).toBe(201);
  });

  test('up to the cap, and never what one of both took part in', async () => {
    const capped = await away({ person: director, deputy, cap: DIRECTORS_VALUE.amountMinor - 1 });
    const id = await forDirector();
    expect(
      await reasonOf(id, house.decide({ id, as: deputy, actingFor: director, outcome: 'approve' })),
    ).toBe('over_your_cap');
    await capped();

    // The approver denied it; the director is away; the approver may not decide the appeal in his place either.
    const small = await submitUntil(house, 'pending_approval');
    await house.decide({ id: small, as: deputy, outcome: 'deny', reasonKey: 'other', words: 'Not now.' });
    await house.act('appeal', {
      id: small,
      as: 'sales@northwind',
      facts: {},
      body: { words: 'Look again.' },
    });
    const back = await away({ person: director, deputy });
    expect(
      await reasonOf(
        small,
        house.decide({ id: small, as: deputy, actingFor: director, outcome: 'overturn', kind: 'appeal' }),
      ),
    ).toBe('took_part');
    await back();

    // And a deputy of whoever denied it took part as well, in his own right too.
    const backAgain = await away({ person: deputy, deputy: director });
    expect(
      await reasonOf(small, house.decide({ id: small, as: director, outcome: 'overturn', kind: 'appeal' })),
    ).toBe('stands_in_for_one_who_took_part');
    await backAgain();
    await house.decide({ id: small, as: director, outcome: 'overturn', kind: 'appeal' });
    expect((await house.registration(small)).status).toBe('approved');
  });

  test("the absent person's mails go to the deputy too", async () => {
    const toldOf = async (id: string): Promise<string[]> => {
      await house.until(async () => {
        const { rows } = await house.pool.query(
          `select 1 from outbound where case_id = $1 and target like 'role:%' and skip_reason = 'fanned_out'`,
          [id],
        );
        return rows.length > 0;
      });
      const { rows } = await house.pool.query<{ target: string }>(
        `select distinct target from outbound where case_id = $1 and template = 'task_opened' and target not like 'role:%' order by target`,
        [id],
      );
      return rows.map(({ target }) => target);
    };
    const cam = 'account-manager@';
    await house.arrange(
      `update person set preferences = jsonb_build_object('mail', jsonb_build_object('tasks', true)) where side = 'vendor'`,
    );
    const before = await toldOf(await forDirector());
    expect(before).not.toContain(personOf(cam));
    const back = await away({ person: director, deputy: cam });
    const id = await forDirector();
    expect(await toldOf(id)).toEqual([...before, personOf(cam)].toSorted());
    await back();
    expect(await toldOf(await forDirector())).toEqual(before);
  });
});

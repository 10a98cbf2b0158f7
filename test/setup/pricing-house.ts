import { randomBytes, randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { CANDIDATES } from '../../adapters/store/account-matching.ts';
import type { PriceRequest } from '../../api/contract/special-prices.ts';
import { formatId } from '../../domain/ids.ts';
import type { PricingOutcome } from '../../domain/special-pricing/case.ts';
import type { SpecialPricingPolicy } from '../../domain/special-pricing/policy.ts';
import { seededId } from '../../prisma/seed.ts';
import { createSpecialPricingWorker } from '../../workers/special-pricing.ts';
import type { Answer } from '../../workflows/contracts/command.ts';
import { specialPricingType } from '../../workflows/contracts/special-pricing.ts';
import { openRegistrationHouse, partnerOfPerson, personOf } from './registration-house.ts';
import type { RegistrationHouse } from './registration-house.ts';
import { bundle } from './temporal.ts';

/** A house of registrations in which special prices are asked for as well, by a worker of their own. */
export interface PricingHouse extends RegistrationHouse {
  /** An approved registration of the partner's for a customer; `legalName` names him, so that others can have the same. */
  approved(input?: {
    as?: string;
    domain?: string;
    legalName?: string;
    program?: string;
    sku?: string;
  }): Promise<string>;
  /** Asks for a special price; `price` changes what is asked. */
  ask(input: {
    as?: string;
    registrationId: string | null;
    program?: string;
    price?: Partial<PriceRequest>;
    agoMs?: number;
  }): Promise<{ id: string; answer: Answer }>;
  /** A message about a request. */
  tell(
    name: string,
    input: { id: string; as: string; facts?: object; body?: object; actingFor?: string },
  ): Promise<Answer>;
  /** Decides the open task that asks for a role (null: the only one). */
  settle(input: {
    id: string;
    as: string;
    role?: string;
    outcome: PricingOutcome;
    reasonKey?: string;
    words?: string;
    fields?: string[];
    counter?: object;
    actingFor?: string;
  }): Promise<Answer>;
  price(id: string): Promise<PriceView>;
  agreementOf(requestId: string): Promise<AgreementView>;
  openRoles(id: string): Promise<string[]>;
  untilStatus(id: string, status: string): Promise<PriceView>;
  changePricing(
    program: string,
    change: (policy: SpecialPricingPolicy) => SpecialPricingPolicy,
  ): Promise<void>;
}

export interface PriceView {
  readonly id: string;
  readonly status: string;
  readonly closure_code: string | null;
  readonly round: number;
  readonly seq: number;
  readonly net_minor: number;
  readonly standard_minor: number;
  readonly asked_roles: string[];
  readonly answer_by: Date | null;
  readonly agreement_id: string | null;
  readonly waiting_for: string;
}

export interface AgreementView {
  readonly id: string;
  readonly status: string;
  readonly ended_code: string | null;
  readonly version: number;
  readonly valid_until: Date;
  readonly valid_from: Date;
  readonly seq: number;
}

const DAY_MS = 86_400_000;
export const dayAfter = (atMs: number, days: number): string =>
  new Date(atMs + days * DAY_MS).toISOString().slice(0, 10);

/** With the relay news pass by themselves; on the time-skipping server a test passes them (`skipWithNews`). */
export async function openPricingHouse(
  env: TestWorkflowEnvironment,
  options: { relay: boolean } = { relay: true },
): Promise<PricingHouse> {
  const house = await openRegistrationHouse(env, options);
  const taskQueue = `pricing-${randomUUID()}`;
  const worker = await createSpecialPricingWorker({
    connection: env.nativeConnection,
    namespace: 'default',
    bundle: bundle(),
    deps: { pool: house.pool, candidateLimit: CANDIDATES, taskQueue },
    databaseSlots: 6,
    options: { taskQueue, shutdownGraceTime: '1s' },
  });
  const running = worker.run();
  const pricing: PricingHouse = {
    ...house,
    async approved({ as = 'sales@northwind', domain, legalName, program, sku = 'HSW-48' } = {}) {
      const tag = randomBytes(5).toString('hex');
      const { id } = await house.submit({
        as,
        ...(program === undefined ? {} : { program }),
        submission: {
          lines: [{ sku, quantity: 200 }],
          customer: {
            legalName: legalName ?? `Orchard ${tag} Works GmbH`,
            webDomain: domain ?? `orchard-${tag}.example`,
            country: 'DE',
            street: 'Harbour Street 1',
            postalCode: '10115',
            city: 'Berlin',
            industry: 'Manufacturing',
            taxId: null,
            phone: null,
            contacts: [],
          },
        },
      });
      await house.until(async () => (await house.registration(id)).status === 'pending_approval');
      await house.decide({ id, as: 'director@', outcome: 'approve' });
      return id;
    },
    async ask({ as = 'sales@northwind', registrationId, program = 'one-per-product', price, agoMs }) {
      const nowMs = await house.nowMs();
      const id = formatId('specialPriceRequest', nowMs, randomBytes(16));
      const programId = seededId('program', program);
      const body: PriceRequest = {
        programId,
        kind: 'new',
        registrationId,
        agreementId: null,
        customer: null,
        currency: null,
        distributorId: null,
        justificationCode: 'competitive',
        words: 'A rival offers less.',
        competitor: { name: 'Another maker', priceMinor: null },
        evidenceIds: [],
        lines: [
          { sku: 'HSW-48', quantity: 10, capQuantity: null, special: { kind: 'discount', ratePpm: 50_000 } },
        ],
        lumpMinor: 0,
        validFrom: dayAfter(nowMs, 0),
        validUntil: dayAfter(nowMs, 59),
        exceptionKeys: [],
        ...price,
      };
      const answer = await house.begin({
        as,
        caseKind: 'special-pricing',
        id,
        workflowType: specialPricingType,
        taskQueue,
        facts: { requestId: id, partnerId: partnerOfPerson(as) ?? '', programId },
        body,
        ...(agoMs === undefined ? {} : { agoMs }),
      });
      return { id, answer };
    },
    tell: (name, { facts = {}, ...input }) => house.actOn('special-pricing', name, { ...input, facts }),
    async settle({ id, as, role, outcome, reasonKey, words, fields, counter, actingFor }) {
      const task = await house.until(async () => {
        const { rows } = await house.pool.query<{ id: string; facts_hash: string }>(
          `select id, facts_hash from task where case_id = $1 and status = 'open' and ($2::text is null or facts ->> 'askedRole' = $2) order by opened_at desc limit 1`,
          [id, role ?? null],
        );
        return rows[0] ?? null;
      });
      return house.actOn('special-pricing', 'decide', {
        id,
        as,
        ...(actingFor === undefined ? {} : { actingFor }),
        facts: {
          taskId: task.id,
          outcome,
          reasonKey: reasonKey ?? null,
          fields: fields ?? [],
          factsHash: task.facts_hash,
        },
        body: { words: words ?? 'Checked.', privateNote: '', counter: counter ?? null },
      });
    },
    async price(id) {
      const { rows } = await house.pool.query<PriceView>(
        `select id, status, closure_code, round, seq, net_minor, standard_minor, asked_roles, answer_by, agreement_id, waiting_for
           from special_price_request where id = $1`,
        [id],
      );
      const [row] = rows;
      if (row === undefined) throw new RangeError(`No special price request ${id}`);
      return row;
    },
    async agreementOf(requestId) {
      const { rows } = await house.pool.query<AgreementView>(
        `select id, status, ended_code, version, valid_until, valid_from, seq from pricing_agreement
          where id = (select agreement_id from special_price_request where id = $1)`,
        [requestId],
      );
      const [row] = rows;
      if (row === undefined) throw new RangeError(`No agreement of ${requestId}`);
      return row;
    },
    async openRoles(id) {
      const { rows } = await house.pool.query<{ role: string }>(
        `select facts ->> 'askedRole' as role from task where case_id = $1 and status = 'open' order by 1`,
        [id],
      );
      return rows.map(({ role }) => role);
    },
    untilStatus: (id, status) =>
      house.until(async () => {
        const seen = await pricing.price(id);
        return seen.status === status ? seen : null;
      }),
    async changePricing(program, change) {
      const { rows } = await house.pool.query<{ body: SpecialPricingPolicy }>(
        `select body from policy_document where program_id = $1 and kind = 'special-pricing' and effective_to is null`,
        [seededId('program', program)],
      );
      const body = rows[0]?.body;
      if (body === undefined) throw new RangeError(`No special pricing policy of ${program}`);
      const from = new Date((await house.nowMs()) - 500).toISOString();
      await house.arrange(
        `update policy_document set effective_to = $2 where program_id = $1 and kind = 'special-pricing' and effective_to is null`,
        [seededId('program', program), from],
      );
      await house.arrange(
        `insert into policy_document (id, program_id, kind, version, status, body, body_hash, effective_from, created_by, published_by, published_at)
         select $1, $2, 'special-pricing', max(version) + 1, 'published', $3, $1, $4, $5, $6, now() from policy_document where program_id = $2 and kind = 'special-pricing'`,
        [
          formatId('policy', Date.now(), randomBytes(16)),
          seededId('program', program),
          change(body),
          from,
          personOf('program-ops@'),
          personOf('admin@halyard'),
        ],
      );
    },
    async close() {
      worker.shutdown();
      await running;
      await house.close();
    },
  };
  return pricing;
}

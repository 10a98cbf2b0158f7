import { Table } from '@mantine/core';
import { IconCheck, IconClock, IconHourglass } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { AskedStep, SpecialPriceDetail } from '../../../api/contract/special-prices.ts';
import { inWords, lookUp, outcomeDone, roleWords, waitingForWords } from '../../../domain/words/en.ts';
import {
  askedWords,
  describeCause,
  describeWorse,
  priceClosureWords,
  priceKindMeaning,
  priceKindWords,
  priceStatusWords,
} from '../../../domain/words/special-pricing.ts';
import { formatMoney, formatPpm, listWords } from '../../../domain/words/reader.ts';
import { addressOf } from '../lib/api.ts';
import { priceContextOf } from '../lib/price-context.ts';
import { useReader, useSession } from '../lib/session.ts';
import { isNarrow } from '../lib/width.ts';
import { DueBadge, PriceStatusBadge, ToneBadge } from './badges.tsx';
import { NextStepAt } from './case-facts.tsx';
import { Section } from './page.tsx';
import { PriceLines, PriceSentence, PriceWaterfall } from './price-waterfall.tsx';
import { Day, ExactInstant, FactList, Money } from './values.tsx';

/** Customer, net, state, due, whom it waits for; the verbs stand below. */
export function PriceHead(props: {
  request: SpecialPriceDetail;
  level: 1 | 2;
  verbs?: ReactNode;
}): ReactNode {
  const { request: one, level, verbs } = props;
  const reader = useReader();
  const { side } = useSession();
  const Heading = level === 1 ? 'h1' : 'h2';
  return (
    <header className="case-head">
      <div className="case-title">
        <Heading>
          {one.customerName}: {priceKindWords[one.kind].toLowerCase()}
        </Heading>
        <span className="case-amount">
          <Money amount={{ amountMinor: one.netMinor, currency: one.currency }} />
        </span>
      </div>
      <div className="meta">
        <PriceStatusBadge status={one.status} />
        {one.closureCode !== null && <span>{priceClosureWords[one.closureCode]}</span>}
        <DueBadge due={one.due} long />
        <span>{formatPpm(one.discountPpm, reader)} below the standard price</span>
        <span className="numbers">{one.reference}</span>
        {side === 'vendor' && <span>{one.partnerName}</span>}
        <span>{waitsForWords(one, side)}</span>
        <NextStepAt one={one} />
      </div>
      {verbs !== undefined && <div className="verbs">{verbs}</div>}
    </header>
  );
}

/** Who has it: "Waits for you", "Waits for the director", "Waits for nobody". */
export function waitsForWords(
  one: Pick<SpecialPriceDetail, 'waitingFor' | 'askedNow'>,
  side: 'vendor' | 'partner',
): string {
  if (one.waitingFor === 'partner') return side === 'partner' ? 'Waits for you' : 'Waits for the partner';
  if (one.waitingFor === 'nobody') return 'Waits for nobody';
  if (one.askedNow.length === 0) return `Waits for ${waitingForWords.vendor}`;
  return `Waits for ${listWords(one.askedNow.map((role) => `the ${roleWords[role].toLowerCase()}`))}`;
}

/** The facts that decide it. */
export function PriceFacts({ request: one }: { request: SpecialPriceDetail }): ReactNode {
  const reader = useReader();
  const { competitor } = one;
  return (
    <FactList
      facts={[
        { label: 'Customer', value: one.customerName },
        { label: 'Why', value: one.justificationLabel },
        {
          label: 'Competitor',
          value:
            competitor === null
              ? null
              : `${competitor.name}${competitor.priceMinor === null ? '' : `, at ${formatMoney({ amountMinor: competitor.priceMinor, currency: one.currency }, reader)}`}`,
        },
        {
          label: 'Valid',
          value: (
            <>
              <Day at={one.validFrom} /> – <Day at={one.validUntil} />
            </>
          ),
        },
        { label: 'Through', value: one.distributorName },
        {
          label: 'Departs from the usual terms',
          value: one.exceptions.map(({ label }) => label).join('; '),
        },
        {
          label: 'Registration',
          value:
            one.registrationId === null ? null : (
              <Link to="/deal-registrations/$id" params={{ id: one.registrationId }}>
                {one.registrationReference}
              </Link>
            ),
        },
        {
          label: 'Agreement',
          value:
            one.agreementId === null ? null : (
              <Link to="/special-prices/agreements/$id" params={{ id: one.agreementId }}>
                {one.agreementReference}
              </Link>
            ),
        },
        { label: 'In their words', value: one.words },
      ]}
    />
  );
}

/** From list to net, the whole and each line. `dense`: where there is no room for a table of lines. */
export function PriceSection(props: { request: SpecialPriceDetail; dense?: boolean }): ReactNode {
  const { request, dense = false } = props;
  return (
    <Section
      title={request.status === 'approved' ? 'The price' : 'The price asked for'}
      aside={<span className="quiet">Round {request.round}</span>}
    >
      <div className="stack">
        <PriceSentence view={request.waterfall} />
        <PriceWaterfall view={request.waterfall} />
        <PriceLines view={request.waterfall} dense={dense} />
      </div>
    </Section>
  );
}

type Standing = 'agreed' | 'asked' | 'later';

/** Of each role of a step, how it stands: agreed and still good, asked now, or asked after the others. */
function standingOf(
  request: SpecialPriceDetail,
  step: AskedStep,
  role: AskedStep['roles'][number],
): Standing {
  const agreed =
    request.vendor?.approvals.some((one) => one.role === role && one.worse.length === 0) ?? false;
  if (agreed) return 'agreed';
  const open = request.vendor?.tasks.some((one) => one.askedRole === role && one.stepNo === step.stepNo);
  return (open ?? request.askedNow.includes(role)) ? 'asked' : 'later';
}

const standingLooks = {
  agreed: { tone: 'good', icon: IconCheck, words: 'agreed' },
  asked: { tone: 'waiting', icon: IconHourglass, words: 'asked now' },
  later: { tone: 'off', icon: IconClock, words: 'later' },
} as const;

/** Who is asked, in which order, by when, and how far it has come; nothing where nobody is or was. */
export function WhoIsAsked({ request }: { request: SpecialPriceDetail }): ReactNode {
  const steps = request.vendor?.steps ?? request.steps;
  const isOpen = request.waitingFor !== 'nobody';
  if (steps.length === 0) return null;
  return (
    <Section title="Who is asked">
      <ol className="sentences">
        {steps.map((step) => (
          <li key={step.stepNo}>
            <div className="row">
              <span>{askedWords(step)}</span>
              {isOpen && step.by !== null && (
                <span className="quiet">
                  by <ExactInstant at={step.by} />
                </span>
              )}
            </div>
            {isOpen && (
              <div className="row" style={{ marginTop: 2 }}>
                {step.roles.map((role) => {
                  const look = standingLooks[standingOf(request, step, role)];
                  return (
                    <ToneBadge key={role} tone={look.tone} icon={look.icon}>
                      {roleWords[role]}: {look.words}
                    </ToneBadge>
                  );
                })}
              </div>
            )}
          </li>
        ))}
      </ol>
      <Approvals request={request} />
      <WhyTheseOnes request={request} />
    </Section>
  );
}

/** What was agreed to before and stands, with the hash of what was seen; or what got worse since. */
function Approvals({ request }: { request: SpecialPriceDetail }): ReactNode {
  const reader = useReader();
  const approvals = request.vendor?.approvals ?? [];
  if (approvals.length === 0) return null;
  const context = priceContextOf(request);
  return (
    <ul className="sentences" style={{ marginTop: 10 }} aria-label="Agreed so far">
      {approvals.map((one) => (
        <li key={`${one.round} ${one.role}`}>
          <strong>{roleWords[one.role]}</strong>
          {one.by !== null && `: ${one.by}`}
          {one.actingFor !== null && `, acting for ${one.actingFor}`} agreed in round {one.round}
          {one.byCounterOffer && ' by a counter-offer'}, <ExactInstant at={one.at} />.{' '}
          {one.worse.length === 0 ? 'It stands.' : 'Worse since, so asked again:'}{' '}
          <span className="quiet" title={one.termsHash}>
            Terms <code>{one.termsHash.slice(0, 12)}</code>
          </span>
          {one.worse.length > 0 && (
            <ul className="sentences">
              {one.worse.map((worse) => (
                <li key={`${worse.kind} ${JSON.stringify(worse.facts)}`}>
                  {describeWorse(worse, context, reader)}
                </li>
              ))}
            </ul>
          )}
        </li>
      ))}
    </ul>
  );
}

function WhyTheseOnes({ request }: { request: SpecialPriceDetail }): ReactNode {
  const reader = useReader();
  const { vendor } = request;
  if (vendor === null) return null;
  const context = priceContextOf(request);
  return (
    <details style={{ marginTop: 10 }}>
      <summary className="quiet" style={{ cursor: 'pointer' }}>
        Why these: the band “{inWords(vendor.bandKey)}”, policy version {request.policyVersion}
      </summary>
      <ul className="sentences" style={{ marginTop: 6 }}>
        {vendor.causes.map((cause) => (
          <li key={`${cause.kind} ${JSON.stringify(cause.facts)}`}>
            {describeCause(cause, context, reader)}
          </li>
        ))}
        <li>
          The deal counts as{' '}
          <Money amount={{ amountMinor: vendor.dealMinor, currency: vendor.dealCurrency }} />
          {vendor.earlier.length > 0 && ', together with what was asked for this customer before'}.
        </li>
      </ul>
    </details>
  );
}

/** What was asked for the same end customer before, and counts as one deal with this. */
export function EarlierRequests({ request }: { request: SpecialPriceDetail }): ReactNode {
  const earlier = request.vendor?.earlier ?? [];
  if (request.vendor === null) return null;
  return (
    <Section title="This customer before">
      {earlier.length === 0 ? (
        <p className="quiet" style={{ margin: 0 }}>
          Nothing else was asked for this customer in the time that counts as one deal.
        </p>
      ) : (
        <EarlierTable earlier={earlier} dealCurrency={request.vendor.dealCurrency} />
      )}
    </Section>
  );
}

type Earlier = NonNullable<SpecialPriceDetail['vendor']>['earlier'];

function EarlierTable({ earlier, dealCurrency }: { earlier: Earlier; dealCurrency: string }): ReactNode {
  if (isNarrow())
    return (
      <ul className="cards flush">
        {earlier.map((one) => (
          <li key={one.requestId}>
            <div className="between" style={{ flexWrap: 'nowrap' }}>
              <EarlierLink one={one} />
              <Money amount={{ amountMinor: one.netMinor, currency: one.currency }} />
            </div>
            <div className="quiet wrap">
              {one.partnerName}, {priceStatusWords[one.status].toLowerCase()}, <Day at={one.submittedAt} />
            </div>
          </li>
        ))}
      </ul>
    );
  return (
    <Table aria-label="Earlier requests of this customer">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Reference</Table.Th>
          <Table.Th>Partner</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th>Asked</Table.Th>
          <Table.Th className="money">Net</Table.Th>
          <Table.Th className="money">In the deal</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {earlier.map((one) => (
          <Table.Tr key={one.requestId}>
            <Table.Td>
              <EarlierLink one={one} />
            </Table.Td>
            <Table.Td>{one.partnerName}</Table.Td>
            <Table.Td>
              <PriceStatusBadge status={one.status} />
            </Table.Td>
            <Table.Td>
              <Day at={one.submittedAt} />
            </Table.Td>
            <Table.Td className="money">
              <Money amount={{ amountMinor: one.netMinor, currency: one.currency }} />
            </Table.Td>
            <Table.Td className="money">
              {one.inDealMinor === null ? (
                'no rate'
              ) : (
                <Money amount={{ amountMinor: one.inDealMinor, currency: dealCurrency }} />
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function EarlierLink({ one }: { one: Earlier[number] }): ReactNode {
  return (
    <Link to="/special-prices/$id" params={{ id: one.requestId }} className="numbers">
      {one.reference}
    </Link>
  );
}

/** Each decision with its reason and words, oldest first; nothing where there is none. */
export function PriceDecisions({ request }: { request: SpecialPriceDetail }): ReactNode {
  if (request.decisions.length === 0) return null;
  return (
    <Section title="Decisions">
      <ul className="sentences">
        {request.decisions.map((one) => (
          <li key={one.id}>
            {one.retracted && 'Taken back: '}
            <strong>{outcomeDone(one.outcome)}</strong>
            {one.by !== null && ` by ${one.by}`}
            {one.actingFor !== null && `, acting for ${one.actingFor}`}
            {one.reasonCode !== null &&
              ` (${(lookUp(priceClosureWords, one.reasonCode) ?? inWords(one.reasonCode)).toLowerCase()})`}
            , <ExactInstant at={one.decidedAt} />.{one.words !== '' && ` “${one.words}”`}
            {one.privateNote !== null && one.privateNote !== '' && (
              <span className="quiet"> Private: “{one.privateNote}”</span>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** Everything else, folded. */
export function PriceDetails({ request: one }: { request: SpecialPriceDetail }): ReactNode {
  return (
    <details className="surface section fold">
      <summary>Details</summary>
      <div style={{ marginTop: 10 }}>
        <FactList
          facts={[
            { label: 'Reference', value: one.reference },
            { label: 'What is asked', value: priceKindMeaning[one.kind] },
            { label: 'Program', value: one.programName },
            { label: 'Asked by', value: `${one.submittedByName}, ${one.partnerName}` },
            { label: 'Asked', value: <ExactInstant at={one.submittedAt} /> },
            {
              label: 'Answer promised by',
              value: one.answerBy === null ? null : <ExactInstant at={one.answerBy} />,
            },
            {
              label: 'Evidence',
              value:
                one.evidence.length === 0
                  ? null
                  : one.evidence.map(({ id, name }) => (
                      <a key={id} href={addressOf('GET /api/evidence/:id', { params: { id } })} download>
                        {name}{' '}
                      </a>
                    )),
            },
            {
              label: 'Prices from',
              value: one.waterfall.sources
                .map(({ step, version }) => `${inWords(step)}: version ${version}`)
                .join('; '),
            },
          ]}
        />
      </div>
    </details>
  );
}

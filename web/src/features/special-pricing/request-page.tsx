import { Table } from '@mantine/core';
import { Link, getRouteApi } from '@tanstack/react-router';
import { useEffect, type ReactNode } from 'react';
import type { SpecialPriceDetail } from '../../../../api/contract/special-prices.ts';
import { roleWords } from '../../../../domain/words/en.ts';
import { priceFieldWords } from '../../../../domain/words/special-pricing.ts';
import { countWords, formatDay, formatMoney, formatPpm, listWords } from '../../../../domain/words/reader.ts';
import { Clocks } from '../../components/clocks.tsx';
import { LoadingRows, Notice, ProblemNotice } from '../../components/notices.tsx';
import { Section } from '../../components/page.tsx';
import {
  EarlierRequests,
  PriceDecisions,
  PriceDetails,
  PriceFacts,
  PriceHead,
  PriceSection,
  WhoIsAsked,
} from '../../components/price-case.tsx';
import { PriceCorridor } from '../../components/price-corridor.tsx';
import { PriceSentence, PriceWaterfall } from '../../components/price-waterfall.tsx';
import { EventTimeline } from '../../components/timeline.tsx';
import { Day, ExactInstant, Instant, Money } from '../../components/values.tsx';
import { useRead } from '../../lib/queries.ts';
import { useMay, useReader, useSession } from '../../lib/session.ts';
import { PriceVerbs } from './price-verbs.tsx';

const route = getRouteApi('/special-prices/$id');

/** One request, whole: where it is, who has it, by when; the price; what was asked, offered and decided. */
export function SpecialPricePage(): ReactNode {
  const { id } = route.useParams();
  const { side } = useSession();
  const read = useRead('GET /api/special-prices/:id', { params: { id } });
  const one = read.data;
  useEffect(() => {
    if (one !== undefined) document.title = `${one.customerName} · ${one.reference} · Fairlead`;
  }, [one]);
  if (one === undefined) {
    return (
      <div className="page">
        <ProblemNotice error={read.error} onRetry={() => void read.refetch()} />
        {read.isPending && <LoadingRows rows={12} height={26} />}
      </div>
    );
  }
  return (
    <div className="page" style={{ maxWidth: 1080 }}>
      <PriceHead request={one} level={1} verbs={<PriceVerbs request={one} />} />
      <InformationAsked request={one} />
      <CounterOffer request={one} />
      <ToDecide request={one} />
      <WhoIsAsked request={one} />
      <PriceSection request={one} />
      <Effect request={one} />
      <Section title="The request">
        <PriceFacts request={one} />
      </Section>
      {side === 'vendor' && (
        <>
          <PriceCorridor request={one} />
          <EarlierRequests request={one} />
        </>
      )}
      <Rounds request={one} />
      <PriceDecisions request={one} />
      <EventTimeline route="GET /api/special-prices/:id/events" id={one.id} />
      <Clocks route="GET /api/special-prices/:id/clock" caseId={one.id} />
      <PriceDetails request={one} />
    </div>
  );
}

/** What was asked of the partner and is still open. */
function InformationAsked({ request }: { request: SpecialPriceDetail }): ReactNode {
  const { side } = useSession();
  const asked = request.informationRequest;
  if (asked === null) return null;
  const terms = listWords(asked.fields.map((field) => priceFieldWords[field].toLowerCase()));
  return (
    <div style={{ marginBottom: 12 }}>
      <Notice tone="dueSoon">
        <strong>{side === 'partner' ? 'We need something from you' : 'The partner was asked'}</strong>, to be
        answered by <ExactInstant at={asked.answerBy} />: “{asked.words}”
        {terms !== '' && <div className="quiet">Opened again: {terms}.</div>}
      </Notice>
    </div>
  );
}

/** The vendor's own terms, with what they change against what was asked. */
function CounterOffer({ request }: { request: SpecialPriceDetail }): ReactNode {
  const reader = useReader();
  const offer = request.counterOffer;
  if (offer === null) return null;
  const { waterfall } = request;
  const money = (amountMinor: number): string =>
    formatMoney({ amountMinor, currency: request.currency }, reader);
  const changed = offer.waterfall.lines.flatMap((line) => {
    const asked = waterfall.lines.find(({ lineNo }) => lineNo === line.lineNo);
    return asked === undefined || asked.specialUnitMinor === line.specialUnitMinor ? [] : [{ line, asked }];
  });
  return (
    <Section
      title="The counter-offer"
      aside={
        <span className="quiet">
          open until <ExactInstant at={offer.lapsesAt} />
        </span>
      }
    >
      <div className="stack">
        {offer.words !== '' && <p style={{ margin: 0 }}>“{offer.words}”</p>}
        <PriceSentence view={offer.waterfall} />
        <ul className="sentences" aria-label="What it changes">
          {changed.map(({ line, asked }) => (
            <li key={line.lineNo}>
              {line.productName}: {money(line.specialUnitMinor)} a unit instead of{' '}
              {money(asked.specialUnitMinor)} ({formatPpm(line.discountPpm, reader)} below the standard
              price).
            </li>
          ))}
          {offer.waterfall.lumpMinor !== waterfall.lumpMinor && (
            <li>
              Discount on the whole: {money(offer.waterfall.lumpMinor)} instead of{' '}
              {money(waterfall.lumpMinor)}.
            </li>
          )}
          {offer.validUntil !== request.validUntil && (
            <li>
              Valid until {formatDay(offer.validUntil, reader)} instead of{' '}
              {formatDay(request.validUntil, reader)}.
            </li>
          )}
        </ul>
        <PriceWaterfall view={offer.waterfall} asked={waterfall} />
      </div>
    </Section>
  );
}

/** Where whoever may decide does it: the inbox has everything on one page. */
function ToDecide({ request }: { request: SpecialPriceDetail }): ReactNode {
  const may = useMay();
  const tasks = request.vendor?.tasks ?? [];
  if (tasks.length === 0 || !may('task.decide')) return null;
  return (
    <div style={{ marginBottom: 12 }}>
      <Notice tone="waiting">
        {countWords(tasks.length, 'answer')} wanted:{' '}
        {tasks.map((task, place) => (
          <span key={task.id}>
            {place > 0 && ', '}
            <Link to="/inbox" search={{ task: task.id }}>
              {roleWords[task.askedRole]}
            </Link>
          </span>
        ))}
        .
      </Notice>
    </div>
  );
}

const origins: Readonly<Record<SpecialPriceDetail['rounds'][number]['origin'], string>> = {
  asked: 'asked by the partner',
  answered: "the partner's answer",
  counter_offer: 'the counter-offer, accepted',
};

/** The terms that were asked one after the other; nothing where there is only one. */
function Rounds({ request }: { request: SpecialPriceDetail }): ReactNode {
  if (request.rounds.length < 2) return null;
  return (
    <Section title="Rounds">
      <ol className="sentences" style={{ listStyle: 'none', paddingLeft: 0 }}>
        {request.rounds.map((round) => (
          <li key={round.round} className="between">
            <span>
              <strong>Round {round.round}</strong>: {origins[round.origin]},{' '}
              <Money amount={{ amountMinor: round.netMinor, currency: request.currency }} />, until{' '}
              <Day at={round.validUntil} />
            </span>
            <span className="quiet">
              <Instant at={round.at} />
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}

/** What becomes of the support for what was sold: `Distributors would get 1,200.00 EUR more for it.` */
function supportWords(
  supportMinor: number,
  of: { isBooked: boolean; money: (amountMinor: number) => string },
): string {
  if (supportMinor === 0) return 'The support for it stays as it is.';
  const amount = of.money(Math.abs(supportMinor));
  const more = supportMinor > 0;
  if (of.isBooked)
    return more ? `Distributors got ${amount} more for it.` : `Distributors owe back ${amount} of it.`;
  return more
    ? `Distributors would get ${amount} more for it.`
    : `Distributors would owe back ${amount} of it.`;
}

/** What the change means for what was sold under the agreement so far. */
function Effect({ request }: { request: SpecialPriceDetail }): ReactNode {
  const reader = useReader();
  const { effect } = request;
  if (effect === null) return null;
  const money = (amountMinor: number): string =>
    formatMoney({ amountMinor, currency: request.currency }, reader);
  if (effect.transactions === 0)
    return (
      <Section title="What was sold so far">
        <p className="quiet" style={{ margin: 0 }}>
          {effect.isBooked
            ? 'Nothing that was sold under the agreement before was touched by this change.'
            : 'Nothing that was sold under the agreement so far is touched by this change.'}
        </p>
      </Section>
    );
  return (
    <Section title="What was sold so far">
      <p style={{ margin: '0 0 8px' }}>
        The change {effect.isBooked ? 'touched' : 'would touch'} {countWords(effect.transactions, 'sale')} of{' '}
        {countWords(effect.units, 'unit')}.
        {effect.supportMinor === null
          ? null
          : ` ${supportWords(effect.supportMinor, { isBooked: effect.isBooked, money })}`}
      </p>
      <div style={{ overflowX: 'auto' }} role="region" aria-label="By product" tabIndex={0}>
        <Table aria-label="What the change means by product">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Product</Table.Th>
              <Table.Th className="money">Units sold</Table.Th>
              <Table.Th className="money">From</Table.Th>
              <Table.Th className="money">To</Table.Th>
              <Table.Th className="money">Difference</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {effect.bySku.map((one) => (
              <Table.Tr key={one.sku}>
                <Table.Td>{one.sku}</Table.Td>
                <Table.Td className="money">{one.units.toLocaleString(reader.locale)}</Table.Td>
                <Table.Td className="money">{money(one.oldUnitMinor)}</Table.Td>
                <Table.Td className="money">{money(one.newUnitMinor)}</Table.Td>
                <Table.Td className="money">{money(one.differenceMinor)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </Section>
  );
}

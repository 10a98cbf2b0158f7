import { Table } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { PricedLineView, WaterfallView } from '../../../api/contract/special-prices.ts';
import { formatMoney, formatPpm, type Reader } from '../../../domain/words/reader.ts';
import { isBelowFloor, priceSteps, type PriceStep } from '../lib/price-steps.ts';
import { useReader } from '../lib/session.ts';
import { isNarrow } from '../lib/width.ts';
import { ToneBadge } from './badges.tsx';
import { Money } from './values.tsx';

/** The whole from list to net, as bars that are a table; `asked`: the waterfall that this one is held against. */
export function PriceWaterfall({ view, asked }: { view: WaterfallView; asked?: WaterfallView }): ReactNode {
  const reader = useReader();
  const money = (amountMinor: number): string =>
    formatMoney({ amountMinor, currency: view.currency }, reader);
  const before = new Map((asked === undefined ? [] : priceSteps(asked)).map((step) => [step.key, step]));
  return (
    <table className="waterfall">
      <caption className="visually-hidden">From list price to net</caption>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">Step</th>
          <th scope="col">Amount</th>
          <th scope="col">Of the list price</th>
        </tr>
      </thead>
      <tbody>
        {priceSteps(view).map((step) => (
          <tr key={step.key} data-total={step.isTotal}>
            <th scope="row">
              <span>{step.label}</span>
              <span className="waterfall-track" aria-hidden="true">
                <span style={placeOf(step)} data-step={step.key} />
                {before.has(step.key) && step.key === 'net' && (
                  <span
                    className="waterfall-mark"
                    style={{ left: `${(before.get(step.key)?.to ?? 0) * 100}%` }}
                  />
                )}
              </span>
            </th>
            <td className="money">
              {step.isTotal ? money(step.amountMinor) : `− ${money(step.amountMinor)}`}
              {step.isTotal && before.get(step.key)?.amountMinor !== undefined && (
                <Before now={step.amountMinor} was={before.get(step.key)?.amountMinor ?? 0} money={money} />
              )}
            </td>
            <td className="money quiet">{shareOf(step, view.listMinor, reader)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Before(props: { now: number; was: number; money: (amountMinor: number) => string }): ReactNode {
  const { now, was, money } = props;
  return now === was ? null : <div className="quiet">asked: {money(was)}</div>;
}

/** Zero-based for a total; a discount hangs where it takes away. */
function placeOf({ from, to }: PriceStep): { left: string; width: string } {
  return { left: `${from * 100}%`, width: `${Math.max(to - from, 0.004) * 100}%` };
}

function shareOf({ amountMinor, isTotal }: PriceStep, listMinor: number, reader: Reader): string {
  if (listMinor === 0) return '';
  const share = formatPpm(Math.round((amountMinor / listMinor) * 1_000_000), reader);
  return isTotal ? share : `− ${share}`;
}

/** "€1,336,500.00, 34 % below the standard price": what the whole comes to, with its margin for those who may see it. */
export function PriceSentence({ view }: { view: WaterfallView }): ReactNode {
  const reader = useReader();
  return (
    <p style={{ margin: 0 }}>
      <strong className="numbers">
        <Money amount={{ amountMinor: view.netMinor, currency: view.currency }} />
      </strong>
      , {formatPpm(view.discountPpm, reader)} below the standard price
      {view.marginPpm !== null && `, at a margin of ${formatPpm(view.marginPpm, reader)}`}.
    </p>
  );
}

/** Each line from list to net. `dense`: as cards, whatever the width. */
export function PriceLines({ view, dense = false }: { view: WaterfallView; dense?: boolean }): ReactNode {
  const seesCost = view.lines.some(
    ({ costUnitMinor, floorPpm }) => costUnitMinor !== null || floorPpm !== null,
  );
  if (dense || isNarrow())
    return (
      <ul className="cards flush">
        {view.lines.map((line) => (
          <LineCard key={line.lineNo} line={line} currency={view.currency} />
        ))}
      </ul>
    );
  return (
    <div className="price-lines" role="region" aria-label="Prices by line" tabIndex={0}>
      <Table aria-label="Prices by line">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Product</Table.Th>
            <Table.Th className="money">Units</Table.Th>
            <Table.Th className="money">List</Table.Th>
            <Table.Th className="money">Standard</Table.Th>
            <Table.Th className="money">Special</Table.Th>
            <Table.Th className="money">Below</Table.Th>
            {view.lumpMinor > 0 && <Table.Th className="money">Part of the whole</Table.Th>}
            <Table.Th className="money">Net</Table.Th>
            {seesCost && <Table.Th className="money">Margin</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {view.lines.map((line) => (
            <LineRow key={line.lineNo} line={line} view={view} seesCost={seesCost} />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function LineRow(props: { line: PricedLineView; view: WaterfallView; seesCost: boolean }): ReactNode {
  const { line, view, seesCost } = props;
  const reader = useReader();
  const money = (amountMinor: number): string =>
    formatMoney({ amountMinor, currency: view.currency }, reader);
  return (
    <Table.Tr>
      <Table.Td className="wrap">
        {line.productName} <span className="quiet">{line.sku}</span>
      </Table.Td>
      <Table.Td className="money">
        {line.quantity.toLocaleString(reader.locale)}
        {line.capQuantity !== line.quantity && (
          <div className="quiet">cap {line.capQuantity.toLocaleString(reader.locale)}</div>
        )}
      </Table.Td>
      <Table.Td className="money">{money(line.listUnitMinor)}</Table.Td>
      <Table.Td className="money">
        {money(line.standardUnitMinor)}
        <div className="quiet">{standardWords(line, reader)}</div>
      </Table.Td>
      <Table.Td className="money">
        <strong>{money(line.specialUnitMinor)}</strong>
      </Table.Td>
      <Table.Td className="money">{formatPpm(line.discountPpm, reader)}</Table.Td>
      {view.lumpMinor > 0 && <Table.Td className="money">− {money(line.lumpMinor)}</Table.Td>}
      <Table.Td className="money">{money(line.netMinor)}</Table.Td>
      {seesCost && (
        <Table.Td className="money">
          <LineMargin line={line} />
        </Table.Td>
      )}
    </Table.Tr>
  );
}

/** "tier 10 %, registration 5 %": what leads from list to standard. */
function standardWords({ tierPpm, registrationPpm }: PricedLineView, reader: Reader): string {
  return [
    tierPpm > 0 ? `tier ${formatPpm(tierPpm, reader)}` : null,
    registrationPpm > 0 ? `registration ${formatPpm(registrationPpm, reader)}` : null,
  ]
    .filter((part) => part !== null)
    .join(', ');
}

/** The margin of a line with the least of its family; below it with a sign and a word. */
function LineMargin({ line }: { line: PricedLineView }): ReactNode {
  const reader = useReader();
  if (line.marginPpm === null) return <span className="quiet">cost not known</span>;
  const margin = formatPpm(line.marginPpm, reader);
  const floor = line.floorPpm === null ? null : formatPpm(line.floorPpm, reader);
  return (
    <>
      {isBelowFloor(line) ? (
        <ToneBadge tone="breached" icon={IconAlertTriangle}>
          {margin}
        </ToneBadge>
      ) : (
        margin
      )}
      {floor !== null && (
        <div className="quiet">{isBelowFloor(line) ? `below the floor of ${floor}` : `floor ${floor}`}</div>
      )}
    </>
  );
}

function LineCard({ line, currency }: { line: PricedLineView; currency: string }): ReactNode {
  const reader = useReader();
  const money = (amountMinor: number): string => formatMoney({ amountMinor, currency }, reader);
  const standard = standardWords(line, reader);
  return (
    <li>
      <div className="between" style={{ flexWrap: 'nowrap' }}>
        <span className="wrap">
          {line.quantity.toLocaleString(reader.locale)} × {line.productName}
        </span>
        <span className="numbers">{money(line.netMinor)}</span>
      </div>
      <div className="quiet wrap">
        List {money(line.listUnitMinor)}
        {standard !== '' && `, ${standard}`}, standard {money(line.standardUnitMinor)}, special{' '}
        <strong>{money(line.specialUnitMinor)}</strong> ({formatPpm(line.discountPpm, reader)} below)
        {line.lumpMinor > 0 && `, part of the whole − ${money(line.lumpMinor)}`}
        {line.capQuantity !== line.quantity &&
          `, cap ${line.capQuantity.toLocaleString(reader.locale)} units`}
      </div>
      {(line.marginPpm !== null || line.floorPpm !== null) && (
        <div className="row" style={{ fontSize: 13 }}>
          Margin <LineMargin line={line} />
        </div>
      )}
    </li>
  );
}

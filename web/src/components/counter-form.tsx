import { TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { SpecialPriceDetail } from '../../../api/contract/special-prices.ts';
import { formatMoney, formatPpm } from '../../../domain/words/reader.ts';
import { readCounter, sameDiscount, unitText, type TypedCounter } from '../lib/counter-terms.ts';
import { isBelowFloor } from '../lib/price-steps.ts';
import { useReader } from '../lib/session.ts';
import { PriceSentence, PriceWaterfall } from './price-waterfall.tsx';

/** The vendor's own terms, line by line, with what they come to while they are typed. */
export function CounterForm(props: {
  request: SpecialPriceDetail;
  typed: TypedCounter;
  change: (typed: TypedCounter) => void;
}): ReactNode {
  const { request, typed, change } = props;
  const reader = useReader();
  const [percent, setPercent] = useState('');
  const read = readCounter(request, typed);
  const { waterfall, currency } = request;
  const money = (amountMinor: number): string => formatMoney({ amountMinor, currency }, reader);
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend style={{ fontSize: 13, fontWeight: 500, marginBottom: 4 }}>Your terms</legend>
      <div className="stack">
        <TextInput
          label="The same discount on every line (%)"
          description="Off the standard price; fills the prices below."
          inputMode="decimal"
          data-first
          value={percent}
          maw={260}
          onChange={({ currentTarget: { value } }) => {
            setPercent(value);
            change(sameDiscount(request, typed, value));
          }}
        />
        <ul className="cards flush">
          {waterfall.lines.map((line) => {
            const offered = read.waterfall?.lines.find(({ lineNo }) => lineNo === line.lineNo);
            return (
              <li key={line.lineNo} className="offer-line">
                <span className="wrap">
                  {line.quantity.toLocaleString(reader.locale)} × {line.productName}
                  <span className="quiet" style={{ display: 'block' }}>
                    standard {money(line.standardUnitMinor)}, asked {money(line.specialUnitMinor)} (
                    {formatPpm(line.discountPpm, reader)} below)
                  </span>
                </span>
                <TextInput
                  aria-label={`Price of one ${line.productName} (${currency})`}
                  inputMode="decimal"
                  value={unitText(request, typed, line.lineNo)}
                  error={read.wrongLines.includes(line.lineNo) && `At most ${money(line.standardUnitMinor)}`}
                  onChange={({ currentTarget: { value } }) =>
                    change({ ...typed, units: { ...typed.units, [String(line.lineNo)]: value } })
                  }
                />
                <span className="quiet">
                  {offered !== undefined && `${formatPpm(offered.discountPpm, reader)} below`}
                  {offered?.marginPpm !== null &&
                    offered !== undefined &&
                    `, margin ${formatPpm(offered.marginPpm, reader)}${isBelowFloor(offered) ? ', below the floor' : ''}`}
                </span>
              </li>
            );
          })}
        </ul>
        <div className="form-grid">
          <TextInput
            label={`Discount on the whole (${currency})`}
            inputMode="decimal"
            value={typed.lump}
            onChange={({ currentTarget: { value } }) => change({ ...typed, lump: value })}
          />
          <TextInput
            type="date"
            label="Valid until"
            value={typed.validUntil}
            max={request.validUntil}
            onChange={({ currentTarget: { value } }) => change({ ...typed, validUntil: value })}
          />
        </div>
        <div aria-live="polite">
          {read.waterfall === null ? (
            <p className="quiet" style={{ margin: 0 }}>
              {read.problem}
            </p>
          ) : (
            <>
              <PriceSentence view={read.waterfall} />
              <PriceWaterfall view={read.waterfall} asked={waterfall} />
            </>
          )}
        </div>
        <p className="quiet" style={{ margin: 0 }}>
          If the partner accepts, these terms are the next round: whoever has not decided is asked, and
          whoever agreed to something better.
        </p>
      </div>
    </fieldset>
  );
}

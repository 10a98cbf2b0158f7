import type { ReactNode } from 'react';
import type { Money as Amount } from '../../../domain/money.ts';
import { formatDay, formatDistance, formatInstant, formatMoney } from '../../../domain/words/reader.ts';
import { useNowMs } from '../lib/now.ts';
import { useReader } from '../lib/session.ts';

/** An amount with its currency; in a table its cell has the class `money`. */
export function Money({ amount }: { amount: Amount }): ReactNode {
  return <span className="numbers">{formatMoney(amount, useReader())}</span>;
}

/** "in 3 hr.", exact with its zone on hover and to screen readers. */
export function Instant({ at }: { at: string }): ReactNode {
  const reader = useReader();
  const exact = formatInstant(at, reader);
  return (
    <time className="numbers" dateTime={at} title={exact}>
      {formatDistance(Date.parse(at), useNowMs(), reader)}
    </time>
  );
}

/** The exact instant, relative on hover. */
export function ExactInstant({ at }: { at: string }): ReactNode {
  const reader = useReader();
  return (
    <time className="numbers" dateTime={at} title={formatDistance(Date.parse(at), useNowMs(), reader)}>
      {formatInstant(at, reader)}
    </time>
  );
}

/** A day; of an instant exact on hover. */
export function Day({ at }: { at: string }): ReactNode {
  const reader = useReader();
  return (
    <time className="numbers" dateTime={at} title={at.length > 10 ? formatInstant(at, reader) : at}>
      {formatDay(at, reader)}
    </time>
  );
}

export interface Fact {
  readonly label: string;
  readonly value: ReactNode;
}

/** Facts side by side; what is not known is left out. */
export function FactList({ facts }: { facts: readonly Fact[] }): ReactNode {
  return (
    <dl className="facts">
      {facts
        .filter(({ value }) => value !== null && value !== undefined && value !== '')
        .map(({ label, value }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

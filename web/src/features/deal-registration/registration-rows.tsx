import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { RegistrationHead, RegistrationListRow } from '../../../../api/contract/deal-registrations.ts';
import { closureWords } from '../../../../domain/words/en.ts';
import { DueBadge, StatusBadge } from '../../components/badges.tsx';
import { NextStepAt } from '../../components/case-facts.tsx';
import { News } from '../../components/news.tsx';
import { Day, Money } from '../../components/values.tsx';
import { useSession } from '../../lib/session.ts';

/** Five facts each, for a narrow screen. */
export function RegistrationCards({ rows }: { rows: readonly RegistrationListRow[] }): ReactNode {
  const { side } = useSession();
  return (
    <ul className="cards">
      {rows.map((row) => (
        <li key={row.id}>
          <div className="between" style={{ flexWrap: 'nowrap' }}>
            <Link className="cell-link clip" to="/deal-registrations/$id" params={{ id: row.id }}>
              {row.customerName}
            </Link>
            <Money amount={row.value} />
          </div>
          <div className="clip quiet">
            {side === 'vendor' ? `${row.partnerName} · ${row.opportunityName}` : row.opportunityName}
          </div>
          <div className="row" style={{ marginTop: 4 }}>
            <StatusBadge status={row.status} />
            <DueBadge due={side === 'vendor' ? row.due : null} />
            <NextStep row={row} />
            <News news={row.news} />
          </div>
        </li>
      ))}
    </ul>
  );
}

/** What happens next and when, or why it ended. */
export function NextStep({ row }: { row: RegistrationHead }): ReactNode {
  if (row.nextStep !== null) return <NextStepAt one={row} />;
  if (row.closureCode !== null) return <span>{closureWords[row.closureCode]}</span>;
  if (row.protectedUntil !== null) {
    return (
      <span>
        Protected until <Day at={row.protectedUntil} />
      </span>
    );
  }
  return null;
}

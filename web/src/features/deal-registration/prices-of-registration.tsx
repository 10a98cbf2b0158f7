import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Registration } from '../../../../api/contract/deal-registrations.ts';
import { formatPpm } from '../../../../domain/words/reader.ts';
import { PriceStatusBadge } from '../../components/badges.tsx';
import { Section } from '../../components/page.tsx';
import { Money } from '../../components/values.tsx';
import { useRead } from '../../lib/queries.ts';
import { useMay, useReader } from '../../lib/session.ts';

/** What was asked for the deal beyond its standard price, and where to ask; nothing where neither is. */
export function PricesOfRegistration({ registration }: { registration: Registration }): ReactNode {
  const may = useMay();
  const reader = useReader();
  const isApproved = registration.status === 'approved';
  const programs = useRead('GET /api/programs', {}, { enabled: isApproved });
  const requests = useRead(
    'GET /api/special-prices',
    { query: { registrationId: registration.id, limit: 20 } },
    { enabled: registration.protectedFrom !== null },
  );
  const offered = programs.data?.items.some(
    ({ id, specialPricing }) => id === registration.programId && specialPricing !== null,
  );
  const mayAsk = isApproved && may('special_price.request') && offered === true;
  const items = requests.data?.items ?? [];
  if (items.length === 0 && !mayAsk) return null;
  return (
    <Section
      title="Special prices"
      aside={
        mayAsk && (
          <Button
            renderRoot={(props) => (
              <Link to="/special-prices/new" search={{ registration: registration.id }} {...props} />
            )}
            variant="default"
          >
            Ask for a special price
          </Button>
        )
      }
    >
      {items.length === 0 ? (
        <p className="quiet" style={{ margin: 0 }}>
          None was asked for. The products of this registration stand on the form already.
        </p>
      ) : (
        <ul className="cards flush">
          {items.map((one) => (
            <li key={one.id} className="row">
              <Link to="/special-prices/$id" params={{ id: one.id }} className="numbers">
                {one.reference}
              </Link>
              <PriceStatusBadge status={one.status} />
              <span>
                <Money amount={{ amountMinor: one.netMinor, currency: one.currency }} />,{' '}
                {formatPpm(one.discountPpm, reader)} below the standard price
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

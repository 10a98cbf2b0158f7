import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

/** What is asked for, and what came of it. */
export function PriceTabs(): ReactNode {
  return (
    <nav className="tabs" aria-label="Special prices">
      <Link to="/special-prices" activeOptions={{ exact: true, includeSearch: false }}>
        Requests
      </Link>
      <Link to="/special-prices/agreements" activeOptions={{ exact: true, includeSearch: false }}>
        Agreements
      </Link>
    </nav>
  );
}

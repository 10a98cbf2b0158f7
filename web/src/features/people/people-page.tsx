import { Button, NativeSelect, TextInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { PersonWithRoles } from '../../../../api/contract/directory.ts';
import type { Role } from '../../../../domain/access.ts';
import { roleWords } from '../../../../domain/words/en.ts';
import { countWords, formatMoney } from '../../../../domain/words/reader.ts';
import { roleChangeRefusalWords } from '../../../../domain/words/role-changes.ts';
import { Empty, LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { Page } from '../../components/page.tsx';
import { Day } from '../../components/values.tsx';
import { VerbButton } from '../../components/verb-button.tsx';
import { useRead } from '../../lib/queries.ts';
import { useMay, useReader, useSession } from '../../lib/session.ts';
import { ProposeChange } from './propose-change.tsx';
import { RoleChanges } from './role-changes.tsx';

const route = getRouteApi('/people');
const roleKeys = Object.keys(roleWords) as Role[];

/** Who may do what: everybody with his roles, their times and limits of authority. */
export function PeoplePage(): ReactNode {
  const read = useRead('GET /api/people-and-roles', {});
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (part: Partial<typeof search>): void =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const wanted = (search.search ?? '').toLowerCase();
  const shown = (read.data?.items ?? []).filter(
    (person) =>
      (search.role === undefined ||
        person.roles.some(({ role, inForce }) => inForce && role === search.role)) &&
      [person.displayName, person.email, person.partnerName ?? ''].some((text) =>
        text.toLowerCase().includes(wanted),
      ),
  );
  const may = useMay();
  const [changing, setChanging] = useState<string | null>(null);
  const open = may('people.write') ? (personId: string) => setChanging(personId) : null;
  return (
    <Page
      title="People"
      lead={read.data === undefined ? undefined : leadOf(read.data.items)}
      actions={open !== null && <Button onClick={() => open('')}>Propose a change</Button>}
    >
      {changing !== null && read.data !== undefined && (
        <ProposeChange people={read.data.items} personId={changing} onClose={() => setChanging(null)} />
      )}
      <RoleChanges />
      <div className="filters" role="search">
        <TextInput
          label="Search"
          placeholder="Name, address, partner"
          defaultValue={search.search ?? ''}
          onChange={({ currentTarget: { value } }) => change({ search: value === '' ? undefined : value })}
          w={240}
        />
        <NativeSelect
          label="Role"
          value={search.role ?? ''}
          onChange={({ currentTarget: { value } }) => change({ role: value === '' ? undefined : value })}
          data={[
            { value: '', label: 'Any' },
            ...roleKeys.map((role) => ({ value: role, label: roleWords[role] })),
          ]}
        />
      </div>
      <ProblemNotice error={read.error} onRetry={() => void read.refetch()} />
      <div className="table-frame">
        {read.isPending ? <LoadingRows rows={10} /> : <People rows={shown} onChange={open} />}
      </div>
    </Page>
  );
}

function leadOf(people: readonly PersonWithRoles[]): string {
  const active = people.filter((person) => person.active).length;
  return `${countWords(people.length, 'person', 'people')}, ${active} active`;
}

function People(props: {
  rows: readonly PersonWithRoles[];
  /** Null for those who propose nothing. */
  onChange: ((personId: string) => void) | null;
}): ReactNode {
  const { rows, onChange } = props;
  const { vendorName, person: reader } = useSession();
  if (rows.length === 0) return <Empty title="Nobody fits">Change the search or the role.</Empty>;
  return (
    <ul className="cards" aria-label="People">
      {rows.map((person) => (
        <li key={person.id} className="person">
          <span>
            <strong>{person.displayName}</strong>
            {!person.active && <span className="quiet"> · suspended</span>}
            <span className="quiet wrap"> {person.email}</span>
          </span>
          <span>{person.partnerName ?? vendorName}</span>
          <Roles roles={person.roles} />
          {onChange !== null && (
            <VerbButton
              label="Change…"
              why={person.id === reader.id ? roleChangeRefusalWords.own_roles : null}
              onPress={() => onChange(person.id)}
            />
          )}
        </li>
      ))}
    </ul>
  );
}

function Roles({ roles }: Pick<PersonWithRoles, 'roles'>): ReactNode {
  const reader = useReader();
  if (roles.length === 0) return <span className="quiet">No role</span>;
  return (
    <span>
      {roles.map(({ role, limitMinor, limitCurrency, validFrom, validTo, inForce }) => (
        <span key={role} style={{ display: 'block' }}>
          {roleWords[role]}
          <span className="quiet">
            {limitMinor !== null &&
              (limitCurrency === null
                ? ` up to ${new Intl.NumberFormat(reader.locale).format(limitMinor)} in the smallest unit of the program's currency`
                : ` up to ${formatMoney({ amountMinor: limitMinor, currency: limitCurrency }, reader)}`)}
            {validFrom !== null && (
              <>
                {' '}
                from <Day at={validFrom} />
              </>
            )}
            {validTo !== null && (
              <>
                {' '}
                until <Day at={validTo} />
              </>
            )}
            {!inForce && ', not in force'}
          </span>
        </span>
      ))}
    </span>
  );
}

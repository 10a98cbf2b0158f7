import { NativeSelect, TextInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { PersonWithRoles } from '../../../../api/contract/directory.ts';
import type { Role } from '../../../../domain/access.ts';
import { roleWords } from '../../../../domain/words/en.ts';
import { countWords } from '../../../../domain/words/reader.ts';
import { Empty, LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { Page } from '../../components/page.tsx';
import { Day } from '../../components/values.tsx';
import { useRead } from '../../lib/queries.ts';
import { useReader, useSession } from '../../lib/session.ts';

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
  return (
    <Page title="People" lead={read.data === undefined ? undefined : leadOf(read.data.items)}>
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
        {read.isPending ? <LoadingRows rows={10} /> : <People rows={shown} />}
      </div>
    </Page>
  );
}

function leadOf(people: readonly PersonWithRoles[]): string {
  const active = people.filter((person) => person.active).length;
  return `${countWords(people.length, 'person', 'people')}, ${active} active`;
}

function People({ rows }: { rows: readonly PersonWithRoles[] }): ReactNode {
  const { vendorName } = useSession();
  if (rows.length === 0) return <Empty title="Nobody fits">Change the search or the role.</Empty>;
  return (
    <ul className="cards" aria-label="People">
      {rows.map((person) => (
        <li key={person.id} className="person">
          <span>
            <strong>{person.displayName}</strong>
            {!person.active && <span className="quiet"> · not active</span>}
            <span className="quiet wrap"> {person.email}</span>
          </span>
          <span>{person.partnerName ?? vendorName}</span>
          <Roles roles={person.roles} />
        </li>
      ))}
    </ul>
  );
}

function Roles({ roles }: Pick<PersonWithRoles, 'roles'>): ReactNode {
  const { locale } = useReader();
  if (roles.length === 0) return <span className="quiet">No role</span>;
  return (
    <span>
      {roles.map(({ role, limitMinor, validFrom, validTo, inForce }) => (
        <span key={role} style={{ display: 'block' }}>
          {roleWords[role]}
          <span className="quiet">
            {limitMinor !== null &&
              ` up to ${new Intl.NumberFormat(locale).format(limitMinor)} in the smallest unit of the program's currency`}
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

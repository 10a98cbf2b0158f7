import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { Absence } from '../../../../api/contract/absences.ts';
import { listWords } from '../../../../domain/words/reader.ts';
import { LoadingRows, Notice, ProblemNotice } from '../../components/notices.tsx';
import { Section } from '../../components/page.tsx';
import { ExactInstant } from '../../components/values.tsx';
import { majorTextOf, minorOf } from '../../lib/amounts.ts';
import { useRead, useWrite } from '../../lib/queries.ts';
import { useMay, useReader, useSession } from '../../lib/session.ts';

/** A cap counts in the currency of each task's program: ISO 4217's "no currency". */
const ANY_CURRENCY = 'XXX';
const TOUCHED = ['GET /api/absences', 'GET /api/tasks'] as const;

/** Who is away, who stands in, and entering it. */
export function Absences(): ReactNode {
  const read = useRead('GET /api/absences', {});
  const end = useWrite('DELETE /api/absences/:id', [...TOUCHED]);
  return (
    <Section title="Away, and who stands in">
      <ProblemNotice error={read.error ?? end.error} onRetry={() => void read.refetch()} />
      {read.isPending && <LoadingRows rows={2} />}
      {read.data !== undefined && (
        <div className="stack">
          <ul className="cards" style={{ margin: '-4px 0' }}>
            {read.data.items.map((one) => (
              <li key={one.id} className="between" style={{ padding: '6px 0', fontSize: 13 }}>
                <AbsenceWords absence={one} />
                {one.mayEnd && (
                  <Button
                    variant="default"
                    loading={end.isPending}
                    onClick={() => end.mutate({ params: { id: one.id } })}
                  >
                    Back again
                  </Button>
                )}
              </li>
            ))}
          </ul>
          <AbsenceForm deputies={read.data.deputies} people={read.data.people} />
        </div>
      )}
    </Section>
  );
}

function AbsenceWords({ absence }: { absence: Absence }): ReactNode {
  const { person } = useSession();
  const { locale } = useReader();
  const called = (one: Absence['person']): string => (one.id === person.id ? 'you' : one.displayName);
  return (
    <span>
      From <ExactInstant at={absence.fromAt} /> to <ExactInstant at={absence.untilAt} />{' '}
      {called(absence.deputy)} {absence.deputy.id === person.id ? 'stand' : 'stands'} in for{' '}
      {called(absence.person)}
      {absence.capMinor !== null &&
        `, up to ${Number(majorTextOf({ amountMinor: absence.capMinor, currency: ANY_CURRENCY })).toLocaleString(locale)}`}
      .
    </span>
  );
}

function AbsenceForm({
  deputies,
  people,
}: {
  deputies: readonly Absence['person'][];
  people: readonly Absence['person'][];
}): ReactNode {
  const { person } = useSession();
  const may = useMay();
  const others = may('people.write');
  const [personId, setPersonId] = useState(others ? '' : person.id);
  const [deputyId, setDeputyId] = useState('');
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState('');
  const [cap, setCap] = useState('');
  const enter = useWrite('POST /api/absences', [...TOUCHED]);
  const capMinor = cap.trim() === '' ? null : minorOf(cap, ANY_CURRENCY);
  const missing = [
    ...(personId === '' ? ['who is away'] : []),
    ...(deputyId === '' ? ['the deputy'] : []),
    ...(from === '' ? ['the first moment away'] : []),
    ...(until === '' ? ['the moment of return'] : []),
    ...(cap.trim() !== '' && capMinor === null ? ['an amount'] : []),
  ];
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        enter.mutate(
          {
            body: {
              personId,
              deputyId,
              fromAt: new Date(from).toISOString(),
              untilAt: new Date(until).toISOString(),
              capMinor,
            },
          },
          { onSuccess: () => setDeputyId('') },
        );
      }}
    >
      <div className="form-grid">
        {others && (
          <NativeSelect
            label="Who is away"
            value={personId}
            onChange={(event) => setPersonId(event.currentTarget.value)}
            data={options(people)}
          />
        )}
        <NativeSelect
          label="Deputy"
          value={deputyId}
          onChange={(event) => setDeputyId(event.currentTarget.value)}
          data={options(deputies.filter(({ id }) => id !== personId))}
        />
        <TextInput
          label="Away from"
          type="datetime-local"
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput
          label="Back at"
          type="datetime-local"
          value={until}
          onChange={(event) => setUntil(event.currentTarget.value)}
        />
        <TextInput
          label="The deputy decides up to"
          description="Empty: as much as you"
          inputMode="decimal"
          value={cap}
          onChange={(event) => setCap(event.currentTarget.value)}
        />
      </div>
      <span className="quiet">
        The deputy sees and decides what waits for you, in your place, and gets your mails about it. When you
        are back it is as before.
      </span>
      <ProblemNotice error={enter.error} />
      {enter.isSuccess && <Notice tone="good">Entered.</Notice>}
      <div>
        <Button
          type="submit"
          loading={enter.isPending}
          disabled={missing.length > 0}
          title={missing.length > 0 ? `Give ${listWords(missing)} first.` : undefined}
        >
          Enter absence
        </Button>
      </div>
    </form>
  );
}

function options(people: readonly Absence['person'][]): { value: string; label: string }[] {
  return [
    { value: '', label: 'Choose…' },
    ...people.map(({ id, displayName }) => ({ value: id, label: displayName })),
  ];
}

import { Button, NativeSelect } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { CalendarDetail } from '../../../../api/contract/calendars.ts';
import { calendarName } from '../../../../domain/words/clocks.ts';
import { inWords, sentence } from '../../../../domain/words/en.ts';
import { listWords } from '../../../../domain/words/reader.ts';
import { DocumentEditor } from '../../components/document-editor.tsx';
import { Empty, LoadingRows, Notice, ProblemNotice } from '../../components/notices.tsx';
import { Page, Section } from '../../components/page.tsx';
import { ExactInstant, FactList } from '../../components/values.tsx';
import { useNowMs } from '../../lib/now.ts';
import { useRead, useWrite } from '../../lib/queries.ts';
import { useMay, useReader } from '../../lib/session.ts';
import { hoursWords } from './hours-words.ts';
import { YearView } from './year-view.tsx';

const route = getRouteApi('/calendars');

type Shown = NonNullable<CalendarDetail['inForce']>;
const refresh = ['GET /api/calendars', 'GET /api/calendars/:name'] as const;

/** In which hours deadlines are counted: a week, holidays, days of its own, a year; and the draft of its next version. */
export function CalendarsPage(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const thisYear = new Date(useNowMs()).getUTCFullYear();
  const list = useRead('GET /api/calendars', {});
  const name = search.calendar ?? list.data?.items[0]?.name ?? '';
  const year = Number(search.year ?? thisYear);
  const read = useRead(
    'GET /api/calendars/:name',
    { params: { name }, query: { year } },
    { enabled: name !== '', keepLast: true },
  );
  const calendar = read.data;
  return (
    <Page
      title="Calendars"
      actions={
        <>
          <NativeSelect
            aria-label="Calendar"
            size="xs"
            value={name}
            onChange={({ currentTarget: { value } }) =>
              void navigate({
                search: (before) => ({ ...before, calendar: value, shown: undefined }),
                replace: true,
              })
            }
            data={(list.data?.items ?? []).map((one) => ({
              value: one.name,
              label: `${calendarName(one.name)}${one.hasDraft ? ' (draft)' : ''}`,
            }))}
          />
          <NativeSelect
            aria-label="Year"
            size="xs"
            value={String(year)}
            onChange={({ currentTarget: { value } }) =>
              void navigate({ search: (before) => ({ ...before, year: value }), replace: true })
            }
            data={[-1, 0, 1, 2, 3].map((from) => String(thisYear + from))}
          />
        </>
      }
    >
      <ProblemNotice error={list.error ?? read.error} onRetry={() => void read.refetch()} />
      {list.data?.items.length === 0 && (
        <Empty title="There is no calendar yet">`npm run directory` brings the first ones.</Empty>
      )}
      {calendar === undefined ? (
        name !== '' && read.isPending && <LoadingRows rows={12} />
      ) : (
        <One
          key={calendar.name}
          calendar={calendar}
          showDraft={search.shown === 'draft' || calendar.inForce === null}
          onShow={(shown) => void navigate({ search: (before) => ({ ...before, shown }), replace: true })}
        />
      )}
    </Page>
  );
}

function One(props: {
  calendar: CalendarDetail;
  showDraft: boolean;
  onShow: (shown: string | undefined) => void;
}): ReactNode {
  const { calendar, onShow } = props;
  const may = useMay();
  const showDraft = props.showDraft && calendar.draft !== null;
  const shown = showDraft ? calendar.draft : calendar.inForce;
  if (shown === null) return null;
  return (
    <>
      {calendar.draft !== null && <Draft calendar={calendar} draft={calendar.draft} />}
      {calendar.draft !== null && calendar.inForce !== null && (
        <div className="row" role="group" aria-label="Which version is shown" style={{ marginBottom: 12 }}>
          {[false, true].map((ofDraft) => (
            <Button
              key={String(ofDraft)}
              variant={showDraft === ofDraft ? 'filled' : 'default'}
              aria-pressed={showDraft === ofDraft}
              onClick={() => onShow(ofDraft ? 'draft' : undefined)}
            >
              {ofDraft ? 'The draft' : `Version ${calendar.version ?? ''}, in force`}
            </Button>
          ))}
        </div>
      )}
      <Section title={calendarName(calendar.name)}>
        <FactList
          facts={[
            { label: 'Time zone', value: shown.definition.zone },
            { label: 'Version', value: showDraft ? 'draft' : calendar.version },
            {
              label: 'Since',
              value:
                showDraft || calendar.updatedAt === null ? null : <ExactInstant at={calendar.updatedAt} />,
            },
            {
              label: 'Deadlines of',
              value: calendar.programs.length === 0 ? 'no program now' : listWords(calendar.programs),
            },
            { label: 'Holidays', value: <Holidays shown={shown} /> },
          ]}
        />
      </Section>
      <Section title="Hours of the week">
        <FactList
          facts={Object.entries(shown.definition.hours).map(([weekday, hours]) => ({
            label: sentence(weekday),
            value: hoursWords(hours),
          }))}
        />
      </Section>
      <YearView year={calendar.year} hours={shown.definition.hours} days={shown.days} />
      {may('calendar.draft') && (
        <Editor
          key={`${calendar.draft?.revision ?? 0}`}
          calendar={calendar}
          definition={(calendar.draft ?? shown).definition}
        />
      )}
    </>
  );
}

function Holidays({ shown }: { shown: Shown }): ReactNode {
  const { locale } = useReader();
  const countries = new Intl.DisplayNames(locale, { type: 'region' });
  const lists = shown.definition.holidays.map(
    ({ country, state, region, types }) =>
      `${[countries.of(country) ?? country, state, region].filter((part) => part !== null).join(', ')} (${listWords(types.map(inWords))})`,
  );
  return lists.length === 0 ? 'none' : lists.join('; ');
}

/** What is being written, by whom and why; a second person puts it in force. */
function Draft(props: { calendar: CalendarDetail; draft: NonNullable<CalendarDetail['draft']> }): ReactNode {
  const { calendar, draft } = props;
  const may = useMay();
  const publish = useWrite('POST /api/calendars/:name/publication', refresh);
  const drop = useWrite('DELETE /api/calendars/:name/draft', refresh);
  const params = { name: calendar.name };
  return (
    <Section title="A draft waits for a second person">
      <p style={{ margin: '0 0 8px' }}>
        {listWords(draft.writtenBy)}, <ExactInstant at={draft.writtenAt} />: “{draft.note}”
      </p>
      <p className="quiet" style={{ margin: '0 0 8px' }}>
        Once it is published every deadline that is set from then on is counted in it; one that is set already
        stays until something moves it.
      </p>
      {draft.whyNotPublish === 'author' && (
        <Notice tone="waiting">You wrote of it, so somebody else publishes it.</Notice>
      )}
      {draft.whyNotPublish === 'role' && (
        <Notice tone="waiting">Your role does not publish calendars.</Notice>
      )}
      <ProblemNotice error={publish.error ?? drop.error} />
      <div className="row" style={{ marginTop: 8 }}>
        {draft.whyNotPublish === null && (
          <Button
            loading={publish.isPending}
            onClick={() => publish.mutate({ params, body: { revision: draft.revision } })}
          >
            Publish
          </Button>
        )}
        {may('calendar.draft') && (
          <Button variant="default" loading={drop.isPending} onClick={() => drop.mutate({ params })}>
            Throw the draft away
          </Button>
        )}
      </div>
    </Section>
  );
}

/** The next version as text; another name makes a calendar of its own. Every error comes at once, with its place. */
function Editor(props: { calendar: CalendarDetail; definition: Shown['definition'] }): ReactNode {
  const { calendar, definition } = props;
  const save = useWrite('PUT /api/calendars/:name/draft', refresh);
  const send = (body: Record<string, unknown>, note: string): void => {
    const name = typeof body['name'] === 'string' && body['name'] !== '' ? body['name'] : calendar.name;
    const revision = name === calendar.name ? (calendar.draft?.revision ?? null) : null;
    save.mutate({ params: { name }, body: { definition: body, note, revision } });
  };
  return (
    <details className="surface section fold">
      <summary>{calendar.draft === null ? 'Write the next version' : 'Change the draft'}</summary>
      <div style={{ marginTop: 10 }}>
        <DocumentEditor
          noun="calendar"
          label="Calendar (JSON)"
          description="With another name it is a calendar of its own."
          rows={{ least: 12, most: 30 }}
          document={definition}
          note={calendar.draft?.note ?? ''}
          noteLabel="Why"
          noteRequired
          onSave={send}
          save={save}
          saved="Saved as a draft; a second person publishes it."
        />
      </div>
    </details>
  );
}

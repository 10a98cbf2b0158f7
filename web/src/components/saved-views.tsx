import { Button, Checkbox, Menu, NativeSelect, TextInput } from '@mantine/core';
import { IconBookmark, IconCheck } from '@tabler/icons-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { SavedView, ViewScreen } from '../../../api/contract/saved-views.ts';
import { roleWords } from '../../../domain/words/en.ts';
import { useRead, useWrite } from '../lib/queries.ts';
import { useSession } from '../lib/session.ts';
import { DialogForm } from './dialog-form.tsx';

type Query = Readonly<Record<string, string>>;

/** What of an address is a view: the filters that are set, as texts. */
export function queryOf(search: object): Query {
  return Object.fromEntries(
    Object.entries(search).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

const textOf = (query: Query): string =>
  JSON.stringify(Object.entries(query).toSorted(([left], [right]) => left.localeCompare(right)));

interface ViewsProps {
  readonly screen: ViewScreen;
  /** The filters of the list now. */
  readonly query: Query;
  /** Shows a view: its filters in place of those that are set. */
  readonly onOpen: (query: Query) => void;
}

/** The saved views of a list: open one, save what is shown, share it, delete it. */
export function SavedViews({ screen, query, onOpen }: ViewsProps): ReactNode {
  const read = useRead('GET /api/saved-views', {});
  const [opened, setOpened] = useState(false);
  const counts = useRead('GET /api/saved-views/counts', { query: { screen } }, { enabled: opened });
  const countOf = (id: string): string | null => {
    const found = counts.data?.items.find((one) => one.id === id);
    return found === undefined ? null : `${found.count}${found.more ? '+' : ''}`;
  };
  const [saving, setSaving] = useState<SavedView | 'new' | null>(null);
  const views = (read.data?.items ?? []).filter((view) => view.screen === screen);
  const shown = views.find((view) => textOf(view.query) === textOf(query));
  useDefault({ views: read.data === undefined ? null : views, query, onOpen });
  return (
    <>
      <Menu
        position="bottom-start"
        width={260}
        transitionProps={{ duration: 0 }}
        opened={opened}
        onChange={setOpened}
      >
        <Menu.Target>
          <Button
            variant="default"
            leftSection={<IconBookmark size={14} aria-hidden />}
            className="views-button"
          >
            <span className="clip">{shown === undefined ? 'Views' : shown.name}</span>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.length === 0 && <Menu.Label>Save filters that you use again, under a name.</Menu.Label>}
          {views.map((view) => (
            <Menu.Item
              key={view.id}
              leftSection={view.id === shown?.id ? <IconCheck size={14} /> : <span className="no-sign" />}
              rightSection={<span className="quiet numbers">{countOf(view.id)}</span>}
              onClick={() => onOpen(view.query)}
            >
              {view.name}
              <span className="quiet">
                {view.own ? (view.isDefault ? ' · opens first' : '') : ` · from ${view.ownerName}`}
                {view.own && view.sharedWith !== null && ' · shared'}
              </span>
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item onClick={() => onOpen({})}>Without filters</Menu.Item>
          <Menu.Item onClick={() => setSaving('new')}>Save this view…</Menu.Item>
          {shown?.own === true && (
            <Menu.Item onClick={() => setSaving(shown)}>Change “{shown.name}”…</Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {saving !== null && (
        <SaveView
          screen={screen}
          query={query}
          before={saving === 'new' ? null : saving}
          onClose={() => setSaving(null)}
        />
      )}
    </>
  );
}

/** Opens the default view once, when the list was opened without a filter. */
function useDefault(input: {
  views: readonly SavedView[] | null;
  query: Query;
  onOpen: (query: Query) => void;
}): void {
  const { views, query, onOpen } = input;
  const done = useRef(Object.keys(query).length > 0);
  useEffect(() => {
    if (done.current || views === null) return;
    done.current = true;
    const first = views.find(({ isDefault }) => isDefault);
    if (first !== undefined) onOpen(first.query);
  });
}

function SaveView(props: {
  screen: ViewScreen;
  query: Query;
  before: SavedView | null;
  onClose: () => void;
}): ReactNode {
  const { screen, query, before, onClose } = props;
  const { roles } = useSession();
  const [name, setName] = useState(before?.name ?? '');
  const [sharedWith, setSharedWith] = useState(before?.sharedWith ?? null);
  const [isDefault, setDefault] = useState(before?.isDefault ?? false);
  const save = useWrite('POST /api/saved-views', ['GET /api/saved-views']);
  const change = useWrite('PUT /api/saved-views/:id', ['GET /api/saved-views']);
  const drop = useWrite('DELETE /api/saved-views/:id', ['GET /api/saved-views']);
  const then = { onSuccess: onClose };
  const body = { name, query: { ...query }, sharedWith, isDefault };
  return (
    <DialogForm
      title={before === null ? 'Save this view' : `Change “${before.name}”`}
      onClose={onClose}
      onSubmit={() => {
        if (before === null) save.mutate({ body: { ...body, screen } }, then);
        else change.mutate({ params: { id: before.id }, body }, then);
      }}
      action="Save"
      busy={save.isPending || change.isPending}
      ready={name.trim() !== ''}
      error={save.error ?? change.error ?? drop.error}
      beside={
        before !== null && (
          <Button
            variant="subtle"
            color="gray"
            className="push"
            loading={drop.isPending}
            onClick={() => drop.mutate({ params: { id: before.id } }, then)}
          >
            Delete
          </Button>
        )
      }
    >
      <TextInput
        data-autofocus
        label="Name"
        required
        maxLength={60}
        value={name}
        onChange={({ currentTarget: { value } }) => setName(value)}
      />
      <NativeSelect
        label="Who sees it"
        description="It shows each person what he may see anyway."
        value={sharedWith ?? ''}
        onChange={({ currentTarget: { value } }) =>
          setSharedWith(roles.find((role) => role === value) ?? null)
        }
        data={[
          { value: '', label: 'Only me' },
          ...roles.map((role) => ({ value: role, label: `Everybody who is: ${roleWords[role]}` })),
        ]}
      />
      <Checkbox
        label="Open this list with it"
        checked={isDefault}
        onChange={({ currentTarget: { checked } }) => setDefault(checked)}
      />
    </DialogForm>
  );
}

import { NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { PersonWithRoles } from '../../../../api/contract/directory.ts';
import type { Role } from '../../../../domain/access.ts';
import { roleChangeKinds } from '../../../../domain/role-change.ts';
import type { Limit, RoleChange } from '../../../../domain/role-change.ts';
import { authorityOrder } from '../../../../domain/task.ts';
import { roleWords } from '../../../../domain/words/en.ts';
import { listWords } from '../../../../domain/words/reader.ts';
import { roleChangeKindWords } from '../../../../domain/words/role-changes.ts';
import { DialogForm } from '../../components/dialog-form.tsx';
import { ApiProblem } from '../../lib/api.ts';
import { minorOf } from '../../lib/amounts.ts';
import { useRead, useWrite } from '../../lib/queries.ts';
import { useSession } from '../../lib/session.ts';

interface Typed {
  readonly personId: string;
  readonly kind: RoleChange['kind'];
  readonly role: Role | '';
  readonly amount: string;
  readonly currency: string;
  readonly words: string;
}

/** A proposal: who, what, up to how much, and why. A second person confirms it. */
export function ProposeChange(props: {
  people: readonly PersonWithRoles[];
  /** Whom it is about, or nothing. */
  personId: string;
  onClose: () => void;
}): ReactNode {
  const { people, onClose } = props;
  const session = useSession();
  const currencies = useCurrencies();
  const [typed, setTyped] = useState<Typed>({
    personId: props.personId,
    kind: 'give_role',
    role: '',
    amount: '',
    currency: '',
    words: '',
  });
  const change = (part: Partial<Typed>): void => setTyped((before) => ({ ...before, ...part }));
  const propose = useWrite('POST /api/role-changes', ['GET /api/role-changes']);
  const person = people.find(({ id }) => id === typed.personId);
  const currency = typed.currency === '' ? (currencies[0] ?? '') : typed.currency;
  const made = changeOf({ ...typed, currency });
  const lacks = [
    ...(person === undefined ? ['the person'] : []),
    ...(needsRole(typed.kind) && typed.role === '' ? ['the role'] : []),
    ...(made === 'no amount' ? ['a limit as an amount'] : []),
    ...(typed.words.trim().length < 3 ? ['the reason'] : []),
  ];
  const faultAt = (pointer: string): string | undefined => faultOf(propose.error, pointer);
  return (
    <DialogForm
      title="Propose a change of who may do what"
      onClose={onClose}
      onSubmit={() => {
        if (made === null || made === 'no amount') return;
        const { personId, words } = typed;
        propose.mutate({ body: { ...made, personId, words } }, { onSuccess: onClose });
      }}
      action="Propose"
      busy={propose.isPending}
      ready={lacks.length === 0}
      missing={lacks.length > 0 ? `Give ${listWords(lacks)} first.` : undefined}
      error={propose.error}
      beside={<span className="quiet">Somebody else confirms it.</span>}
    >
      <NativeSelect
        label="Person"
        value={typed.personId}
        error={faultAt('/personId')}
        onChange={({ currentTarget: { value } }) => change({ personId: value, role: '' })}
        data={[
          { value: '', label: 'Choose…' },
          ...people
            .filter(({ id }) => id !== session.person.id)
            .map((one) => ({
              value: one.id,
              label: `${one.displayName}, ${one.partnerName ?? session.vendorName}`,
            })),
        ]}
      />
      <NativeSelect
        label="Change"
        value={typed.kind}
        error={faultAt('/kind')}
        onChange={({ currentTarget: { value } }) =>
          change({ kind: roleChangeKinds.find((kind) => kind === value) ?? 'give_role', role: '' })
        }
        data={roleChangeKinds.map((kind) => ({ value: kind, label: roleChangeKindWords[kind] }))}
      />
      {needsRole(typed.kind) && (
        <NativeSelect
          label="Role"
          value={typed.role}
          error={faultAt('/role')}
          onChange={({ currentTarget: { value } }) =>
            change({ role: rolesFor(person, typed.kind).find((role) => role === value) ?? '' })
          }
          data={[
            { value: '', label: 'Choose…' },
            ...rolesFor(person, typed.kind).map((role) => ({ value: role, label: roleWords[role] })),
          ]}
        />
      )}
      {hasLimit(typed) && (
        <div className="form-grid">
          <TextInput
            label="Decides up to"
            description="Empty: without a limit"
            inputMode="decimal"
            value={typed.amount}
            error={faultAt('/limit') ?? faultAt('/limit/amountMinor')}
            onChange={({ currentTarget: { value } }) => change({ amount: value })}
          />
          <NativeSelect
            label="Currency"
            description="In which the limit counts"
            value={currency}
            error={faultAt('/limit/currency')}
            onChange={({ currentTarget: { value } }) => change({ currency: value })}
            data={[...currencies]}
          />
        </div>
      )}
      <Textarea
        label="Reason"
        required
        maxLength={2000}
        value={typed.words}
        error={faultAt('/words')}
        onChange={({ currentTarget: { value } }) => change({ words: value })}
      />
    </DialogForm>
  );
}

/** The currencies of the programs: what a limit can be compared with. */
function useCurrencies(): readonly string[] {
  const programs = useRead('GET /api/programs', {});
  return [...new Set((programs.data?.items ?? []).map(({ currency }) => currency))].toSorted();
}

function needsRole(kind: RoleChange['kind']): kind is 'give_role' | 'take_role' | 'change_limit' {
  return kind === 'give_role' || kind === 'take_role' || kind === 'change_limit';
}

function hasLimit({ kind, role }: Pick<Typed, 'kind' | 'role'>): boolean {
  return (kind === 'give_role' || kind === 'change_limit') && authorityOrder.some((one) => one === role);
}

/** What can be chosen: to give, what the person's side has and he has not; else what he has. */
function rolesFor(person: PersonWithRoles | undefined, kind: RoleChange['kind']): Role[] {
  if (person === undefined) return [];
  const held = person.roles.filter(({ inForce }) => inForce).map(({ role }) => role);
  if (kind === 'change_limit') return held.filter((role) => authorityOrder.some((one) => one === role));
  if (kind === 'take_role') return held;
  return (Object.keys(roleWords) as Role[]).filter(
    (role) => !held.includes(role) && role.startsWith('partner_') === (person.side === 'partner'),
  );
}

/** The change as typed; null while no role is chosen. */
function changeOf(typed: Typed): RoleChange | 'no amount' | null {
  const { kind, role } = typed;
  if (!needsRole(kind)) return { kind };
  if (role === '') return null;
  if (kind === 'take_role') return { kind, role };
  const limit = hasLimit(typed) ? limitOf(typed) : null;
  return limit === 'no amount' ? limit : { kind, role, limit };
}

function limitOf({ amount, currency }: Typed): Limit | 'no amount' | null {
  if (amount.trim() === '') return null;
  const amountMinor = currency === '' ? null : minorOf(amount, currency);
  return amountMinor === null ? 'no amount' : { amountMinor, currency };
}

function faultOf(error: unknown, pointer: string): string | undefined {
  return error instanceof ApiProblem
    ? error.problem.errors?.find((one) => one.pointer === pointer)?.reason
    : undefined;
}

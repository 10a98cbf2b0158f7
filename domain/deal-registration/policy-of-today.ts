type Body = Readonly<Record<string, unknown>>;

/**
 * An older version of a policy as a document of today that does the same, so that a draft can begin from it: without fields that
 * nothing ever asked, and without what a program that hides rivals may not ask for and was not given. What is of today stays as it
 * is, and what else is wrong with it is for the schema to say.
 */
export function policyOfToday(body: Body): Record<string, unknown> {
  const { rebateFiling: _rebate, ...rest } = body;
  const hidesRivals = partOf(body, 'disclosure')?.['denial'] === 'reasonOnly';
  const parts = {
    acknowledgement: without(partOf(body, 'acknowledgement'), 'wordsKey'),
    conflict: without(partOf(body, 'conflict'), 'hearWithin'),
    protection:
      hidesRivals && partOf(body, 'protection')?.['partialFamilies'] === true
        ? { ...partOf(body, 'protection'), partialFamilies: false }
        : partOf(body, 'protection'),
    machineDenial:
      hidesRivals && body['machineDenial'] === 'onDuplicateOfProtected' ? 'never' : body['machineDenial'],
  };
  return {
    ...rest,
    ...Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)),
  };
}

function partOf(body: Body, name: string): Body | undefined {
  const part = body[name];
  return typeof part === 'object' && part !== null && !Array.isArray(part) ? (part as Body) : undefined;
}

function without(part: Body | undefined, name: string): Body | undefined {
  return part === undefined
    ? undefined
    : Object.fromEntries(Object.entries(part).filter(([field]) => field !== name));
}

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { dealRegistrationPolicyLabels } from '../../../domain/deal-registration/policy-labels.ts';

const root = join(import.meta.dirname, '../../..');
const SHIPPED = ['domain', 'activities', 'adapters/store', 'api', 'workflows', 'workers'];
/** Where every field is named because the document has it, whether or not anything asks it. */
const OF_THE_DOCUMENT = [
  'domain/deal-registration/policy.ts',
  'domain/deal-registration/policy-labels.ts',
  'api/contract/deal-registration-policy.ts',
];

test('every field of the document is asked by something, or its label says that it is not', () => {
  const source = SHIPPED.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => `${folder}/${file}`)
      .filter((file) => file.endsWith('.ts') && !OF_THE_DOCUMENT.includes(file)),
  )
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');
  const unread: string[] = [];
  const marked: string[] = [];
  for (const [place, label] of Object.entries(dealRegistrationPolicyLabels.labels)) {
    const name = place.split('.').findLast((part) => part !== '*') ?? '';
    if (!new RegExp(`\\b${name}\\b`).test(source)) unread.push(place);
    if (label.label.endsWith('(not used yet)')) marked.push(place);
  }
  expect(unread.sort()).toEqual(marked.sort());
});

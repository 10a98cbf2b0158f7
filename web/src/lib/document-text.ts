/** A document that is edited as text (JSON). */
export type DocumentBody = Readonly<Record<string, unknown>>;

/** As it is edited. */
export function textOfDocument(document: object): string {
  return JSON.stringify(document, null, 2);
}

/** The document that a text is, or why it is none. `noun` is what it is, in a sentence: "calendar", "document". */
export function readDocument(
  text: string,
  noun: string,
): { document: DocumentBody; unreadable: null } | { document: null; unreadable: string } {
  let typed: unknown;
  try {
    typed = JSON.parse(text);
  } catch (error) {
    return { document: null, unreadable: error instanceof Error ? error.message : 'This is not JSON.' };
  }
  if (typeof typed !== 'object' || typed === null || Array.isArray(typed))
    return { document: null, unreadable: `The ${noun} is an object: it begins with { and ends with }.` };
  return { document: typed as DocumentBody, unreadable: null };
}

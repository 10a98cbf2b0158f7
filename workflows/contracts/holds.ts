/** Tells a case that a hold of the installation began or ended; it looks up which. Repeating it changes nothing. */
export const holdsSignal = 'holds';

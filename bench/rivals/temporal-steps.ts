/** Steps that do nothing, so that only the engine is measured. */
export const record = async (id: string): Promise<string> => id;
export const announce = async (id: string): Promise<string> => id;
export const conclude = async (id: string): Promise<string> => id;

/** At most so many documents come as a whole: the server would send 101 of them, and be asked for the others. */
export const inOneAnswer = (most: number): { readonly batchSize: number } => ({ batchSize: most + 1 });

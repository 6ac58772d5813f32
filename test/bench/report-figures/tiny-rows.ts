/** The report of three rows that README.md submits. */
export const TINY_ROWS = [
  { city: 'Oslo', product: 'lamp', sold: 12 },
  { city: 'Oslo', product: 'chair', sold: 3 },
  { city: 'Rome', product: 'lamp', sold: 7 },
] as const;

/** Shares of a whole number by weights, whole numbers that add up to it. */
export function sharesOf(total: number, weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  let weighed = 0;
  let given = 0;
  return weights.map((weight, index) => {
    weighed += weight;
    const upTo = index === weights.length - 1 ? total : Math.round(sum === 0 ? 0 : (total * weighed) / sum);
    const share = upTo - given;
    given = upTo;
    return share;
  });
}

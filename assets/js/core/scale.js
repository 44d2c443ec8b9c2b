// @ts-check
// From figures to places on a picture: linear scales with ends and steps that people would choose.

/** A round step for about `n` of them over a span. @param {number} span @param {number} n */
export function niceStep(span, n) {
  const rough = span / Math.max(1, n);
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = rough / power;
  return power * (unit <= 1 ? 1 : unit <= 2 ? 2 : unit <= 5 ? 5 : 10);
}

/**
 * Round figures from below the least to above the most.
 * @param {number} min @param {number} max @param {number} n about how many @param {boolean} [whole] whether halves mean nothing
 */
export function ticks(min, max, n, whole = false) {
  const span = max - min || Math.abs(max) || 1;
  const step = whole ? Math.max(1, niceStep(span, n)) : niceStep(span, n);
  const first = Math.floor(min / step);
  const last = Math.max(first + 1, Math.ceil(max / step));
  // A sum of steps gathers errors; a product of each does not.
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

/** @param {[number, number]} domain @param {[number, number]} range @returns {(value: number) => number} */
export function linear([from, to], [start, end]) {
  const width = to - from || 1;
  return (value) => start + ((value - from) / width) * (end - start);
}

// Words as arrows on a sheet of paper: one of them looks at all, and takes a share of each.

import { dot, softmax } from "./maths.mjs";
import { decimals, element, svg } from "./drawing.mjs";

const LIMIT = 100; // as in mixture.py
const STEP = 0.1;
const HALF = 200; // the paper is 400 wide; the frame's edge lies 170 from the middle
const EDGE = 170;

// ---- mathematics

export const scoresOf = (vectors, looker) =>
  vectors.map((vector) => dot(vectors[looker], vector) / Math.SQRT2);

export const average = (weights, vectors) =>
  [0, 1].map((axis) => weights.reduce((sum, weight, j) => sum + weight * vectors[j][axis], 0));

// The looker's mixture, as if word j were not in the sentence.
export function without(vectors, looker, j) {
  const others = (row) => row.filter((_, k) => k !== j);
  return average(softmax(others(scoresOf(vectors, looker))), others(vectors));
}

// How far along the looker's line each shadow ends; an arrow of length 0 has no line.
export function shadowsOf(vectors, looker) {
  const length = Math.hypot(...vectors[looker]);
  return vectors.map((vector) => (length ? dot(vectors[looker], vector) / length : 0));
}

// The corners of all that averages can reach, counterclockwise (Andrew's monotone chain).
export function hull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  const chain = (row) => {
    const kept = [];
    for (const point of row) {
      while (kept.length > 1 && turn(kept.at(-2), kept.at(-1), point) <= 0) kept.pop();
      kept.push(point);
    }
    return kept.slice(0, -1);
  };
  return sorted.length < 2 ? sorted : [...chain(sorted), ...chain(sorted.reverse())];
}

// The paper reaches from -R to R. A new R only when an arrow leaves, or all use less than half.
export function reach(vectors, before = 0) {
  const most = Math.max(0.1, ...vectors.flat().map(Math.abs));
  if (most <= before && most >= 0.45 * before) return before;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 10].map((step) => step * power).find((step) => most <= step);
}

// What the context average computes: shares, scores, nearest words, and the plane of three senses.
import { dot, matmul } from "./maths.mjs";
import { labelsOf, number } from "./drawing.mjs";

const NEAREST = 6; // as in context_average.py

export function sharesOf(weights) {
  const sum = weights.reduce((a, b) => a + b, 0);
  return sum > 0 ? weights.map((weight) => weight / sum) : null;
}

// The nearest centroid has the highest score.
export function sensesOf(x, centroids) {
  return centroids.map((centroid) => dot(x, centroid) - dot(centroid, centroid) / 2);
}

export function nearestTo(x, { words, vectors, target }) {
  const length = (a) => Math.sqrt(dot(a, a)) || 1;
  const cosine = (row) => dot(vectors[row], x) / length(vectors[row]) / (length(x));
  const rows = words.map((_, row) => row).filter((row) => words[row] !== target);
  const sorted = rows.map((row) => [words[row], cosine(row)]).sort((a, b) => b[1] - a[1]);
  return sorted.slice(0, NEAREST);
}

// All that the figure shows of the chosen sentence; without any weight there is no average.
export function averagedOf(state) {
  const rows = state.sentences[state.chosen], x = rows.map((row) => state.vectors[row]);
  const labels = labelsOf(rows.map((row) => state.words[row]));
  const wordScores = x.map((vector) => sensesOf(vector, state.centroids));
  const shares = sharesOf(state.weights[state.chosen]);
  if (!shares) return { x, labels, wordScores, shares, average: null, scores: null, near: [] };
  const [average] = matmul([shares], x), scores = sensesOf(average, state.centroids);
  return { x, labels, wordScores, shares, average, scores, near: nearestTo(average, state) };
}

export function listed(scores) {
  return scores.map((score) => number(score, 2)).join(", ");
}

export function verdictOf({ senses }, { scores }) {
  if (!scores) return "Every weight is 0, and there is nothing to average.";
  const [best, second] = scores.map((_, i) => i).sort((i, j) => scores[j] - scores[i]);
  const lead = number(scores[best] - scores[second], 2);
  return `The average scores ${listed(scores)}: ${senses[best]} leads ${senses[second]} by ${lead}.`;
}

const minus = (a, b) => a.map((value, i) => value - b[i]);
const times = (factor, a) => a.map((value) => factor * value);

// The plane through three centroids: its middle, and two directions of length one.
export function planeOf([a, b, c]) {
  const middle = a.map((_, i) => (a[i] + b[i] + c[i]) / 3), across = minus(b, a);
  const right = times(1 / Math.sqrt(dot(across, across)), across), rise = minus(c, a);
  const up = minus(rise, times(dot(rise, right), right));
  return { middle, right, up: times(1 / Math.sqrt(dot(up, up)), up) };
}

export function onPlane(x, { middle, right, up }) {
  const from = minus(x, middle);
  return [dot(from, right), dot(from, up)];
}

// Where two of the middles are equally near and the third is farther: from the common point outwards.
export function bordersOf(middles, far) {
  const [a, b, c] = middles, [p, q] = [minus(b, a), minus(c, a)];
  const [s, t] = [b, c].map((point) => (dot(point, point) - dot(a, a)) / 2);
  const area = p[0] * q[1] - p[1] * q[0];
  const start = [(s * q[1] - t * p[1]) / area, (t * p[0] - s * q[0]) / area];
  return middles.map((one, i) => {
    const other = middles[(i + 1) % 3], third = middles[(i + 2) % 3];
    const along = [one[1] - other[1], other[0] - one[0]];
    const sign = Math.sign(dot(along, minus(one, third))) / Math.hypot(...along);
    return [start, start.map((value, axis) => value + far * sign * along[axis])];
  });
}

// Words as directions in many dimensions: their neighbours, their sums, and a plane to see them in.
import { dot } from "./maths.mjs";
import { number } from "./drawing.mjs";

export const PAPER = [400, 320], ROOM = [48, 32]; // as in analogy_plane.py: a sheet, and its margins
const LETTER = 7, ROW = 14; // of a name

const plus = (a, b, times) => a.map((c, i) => c + times * b[i]);
const sized = (vector) => Math.hypot(...vector);

export function unitOf(vector) {
  const length = sized(vector);
  return length < 1e-12 ? vector.map(() => 0) : vector.map((c) => c / length);
}

// All words at one moment of the training, each of length 1.
export function spaceOf({ vectors, moment }) {
  return vectors[moment].map(unitOf);
}

export const isSum = ({ view }) => view === "sum";

// What neighbours are sought of: b - a + c, or on the map the word b.
export function targetOf(state) {
  const x = spaceOf(state), { a, b, c } = state;
  return isSum(state) ? plus(plus(x[b], x[a], -1), x[c], 1) : x[b];
}

export function cosinesOf(state) {
  const target = unitOf(targetOf(state));
  return spaceOf(state).map((word) => dot(word, target));
}

// Words by falling cosine; equals in their order. On the map a word is no neighbour of its own.
export function rankingOf(state) {
  const cosines = cosinesOf(state), rows = cosines.map((_, row) => row);
  const sorted = rows.toSorted((i, j) => cosines[j] - cosines[i] || i - j);
  return isSum(state) ? sorted : sorted.filter((row) => row !== state.b);
}

export const inputsOf = (state) => (isSum(state) ? [state.a, state.b, state.c] : []);

export function nearestOf(state, exclude) {
  const inputs = inputsOf(state);
  return rankingOf(state).find((row) => !exclude || !inputs.includes(row));
}

// Where the words lie in a plane of two axes. For a sum the plane of a, b and c, with a at the
// origin and b on the first axis, so that the target lies in it, too (it comes last); the map's
// axes are given.
export function placesOf(state) {
  const x = spaceOf(state);
  if (!isSum(state)) return x.map((word) => state.axes.map((axis) => dot(word, axis)));
  const { a, b, c } = state, side = plus(x[c], x[a], -1);
  const first = unitOf(plus(x[b], x[a], -1));
  const second = unitOf(plus(side, first, -dot(side, first)));
  return [...x, targetOf(state)].map((word) => {
    const from = plus(word, x[a], -1);
    return [dot(from, first), dot(from, second)];
  });
}

// From places to points on the sheet: all of `frame` fits on it, at one scale for both axes.
export function onSheet(places, frame) {
  const low = [0, 1].map((axis) => Math.min(...frame.map((place) => place[axis])));
  const high = [0, 1].map((axis) => Math.max(...frame.map((place) => place[axis])));
  const scales = [0, 1].map((i) => (PAPER[i] - 2 * ROOM[i]) / Math.max(high[i] - low[i], 1e-9));
  const scale = Math.min(...scales);
  const middle = [0, 1].map((axis) => (low[axis] + high[axis]) / 2);
  return places.map(([x, y]) => [
    PAPER[0] / 2 + scale * (x - middle[0]), PAPER[1] / 2 - scale * (y - middle[1]),
  ]);
}

// The points of all words now, the target last in a sum. The map is framed by its last moment.
export function pointsOf(state) {
  const places = placesOf(state);
  if (isSum(state)) return onSheet(places, places);
  return onSheet(places, placesOf({ ...state, moment: state.vectors.length - 1 }));
}

// Where each name begins: beside its point, at the side where there is room. Where two would lie
// upon each other, the lower one moves down.
export function namesAt(points, names) {
  const spots = points.map(([x, y], i) => {
    const width = LETTER * names[i].length, right = x + 8 + width < PAPER[0];
    return { x: right ? x + 8 : x - 8 - width, y: y + 4, width };
  });
  const placed = [];
  for (const spot of spots.toSorted((p, q) => p.y - q.y)) {
    const upon = ({ x, y, width }) => (
      Math.abs(spot.y - y) < ROW - 1e-6 && spot.x < x + width && x < spot.x + spot.width
    );
    for (let other; (other = placed.find(upon)); ) spot.y = other.y + ROW;
    placed.push(spot);
  }
  return spots.map(({ x, y }) => [x, y]);
}

// What is asked: "king − man + woman", or "king".
export function askedOf(state) {
  const { words, a, b, c } = state;
  return isSum(state) ? `${words[b]} \u2212 ${words[a]} + ${words[c]}` : words[b];
}

export function saidAbout(state) {
  const { words, moments, moment } = state, cosines = cosinesOf(state);
  const named = (row) => `${words[row]} ${number(cosines[row])}`;
  const asked = `${moments[moment]}: nearest to ${askedOf(state)}`;
  if (!isSum(state)) return `${asked} are ${rankingOf(state).slice(0, 3).map(named).join(", ")}.`;
  const [all, other] = [false, true].map((exclude) => named(nearestOf(state, exclude)));
  return `${asked}, of all words: ${all}. The three inputs left out: ${other}.`;
}

// One word looks at all, and takes a share of each: what is computed, and what is said of it.
import { dot, matmul, scaledScores, softmax } from "./maths.mjs";
import { number } from "./drawing.mjs";

export const FARTHEST = 100; // as in mixture.py
export const MOST_ROUNDS = 1000; // likewise

// The arrows at first, after one round, after two ...: in a round all become their contexts at once.
export function historyOf({ vectors, rounds }) {
  const history = [vectors];
  while (history.length <= rounds) {
    const x = history.at(-1);
    history.push(matmul(scaledScores(x, x).map(softmax), x));
  }
  return history;
}

// How far apart the two words are that lie farthest apart.
export function apart(vectors) {
  const gaps = vectors.flatMap((a) => vectors.map((b) => Math.hypot(a[0] - b[0], a[1] - b[1])));
  return Math.max(...gaps);
}

// The row of the looker: scores, weights, context, and where each shadow ends on its line.
export function mixtureOf({ vectors, looker }) {
  const asker = vectors[looker], length = Math.hypot(...asker);
  const scores = scaledScores([asker], vectors)[0], weights = softmax(scores);
  const shadows = vectors.map((vector) => (length ? dot(asker, vector) / length : 0));
  return { scores, weights, context: matmul([weights], vectors)[0], shadows };
}

// The looker's context if word j were not there; null where nothing is asked, or left.
export function contextWithout({ vectors, looker }, j) {
  const others = vectors.filter((_, k) => k !== j);
  if (j === null || !others.length) return null;
  return matmul([softmax(scaledScores([vectors[looker]], others)[0])], others)[0];
}

// The corners of all that averages can reach, counterclockwise (Andrew's monotone chain).
export function hullOf(points) {
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

// Two decimals, so that what is dragged can be copied on paper; no minus before a zero.
export function tidied(vector, farthest = FARTHEST) {
  const within = (c) => Math.max(-farthest, Math.min(farthest, c));
  return vector.map((c) => Math.round(within(c) * 100) / 100 + 0);
}

// All arrows ten times as long, or a tenth; null where they would leave the paper or vanish.
export function stretched(vectors, factor) {
  const most = factor * Math.max(...vectors.flat().map(Math.abs));
  if (most > FARTHEST || most < 0.05) return null;
  return vectors.map((vector) => vector.map((c) => Number((c * factor).toFixed(4))));
}

// A word keeps its colour wherever it stands, so colours go by the alphabet.
export function coloursOf(words) {
  const alphabet = [...new Set(words)].sort();
  return words.map((word) => `aw-word-${alphabet.indexOf(word) % 6}`);
}

const pair = (vector, digits) => `(${vector.map((c) => number(c, digits)).join(", ")})`;

// Lines break between the terms and not within.
export function writtenOut({ labels, vectors, rounds, looker }, { weights, context }) {
  const digits = rounds ? 3 : 2;
  const terms = weights.map((weight, j) => `${number(weight)} × ${pair(vectors[j], digits)}`);
  const signed = terms.map((term, j) => `${j ? "+" : "="} ${term}`);
  const parts = [`context of ${labels[looker]}`, ...signed, `= ${pair(context, 3)}`];
  return parts.map((part) => part.replaceAll(" ", "\u00a0")).join(" ");
}

// Of whom the looker takes most (equals, as far as one sees, share the first place), and what
// `held` changes.
export function saidOf(state, mixture, held) {
  const { labels, looker } = state, { weights } = mixture, most = Math.max(...weights);
  const best = labels.filter((_, j) => number(weights[j]) === number(most));
  const share = number(most) + (best.length > 1 ? " each" : "");
  const all = best.length === labels.length;
  const whom = all ? "as much of one as of another" : `most of ${best.join(" and ")}`;
  const said = `${labels[looker]} takes ${whom}: ${share}.`;
  return [saidOfRounds(state) + said, ...saidOfHeld(state, mixture, held)].join(" ");
}

const equal = (a, b) => Math.abs(a - b) < 1e-9;

function saidOfRounds({ vectors, rounds }) {
  const after = `After ${rounds} ${rounds === 1 ? "round" : "rounds"}`;
  return rounds ? `${after} the words are at most ${number(apart(vectors))} apart; ` : "";
}

function saidOfHeld({ labels, vectors, looker }, { scores }, held) {
  const other = contextWithout({ vectors, looker }, held);
  if (!other) return [];
  const without = `Without ${labels[held]} the context would be ${pair(other, 3)}`;
  const said = `${without}, the hollow star.`, who = labels[looker];
  if (held === looker) return [said];
  const tie = equal(scores[held], scores[looker]);
  if (!tie) return [said, `On the dashed line ${labels[held]} would tie with ${who}.`];
  return [said, `A tie: ${who} takes as much of ${labels[held]} as of itself.`];
}

// Which numbers made a number, and the line that says so: what a reader with a pencil can check.
import { labelsOf, number } from "./drawing.mjs";
import { matmul, softmax, transpose } from "./maths.mjs";

// A product's two factors; of k it takes rows, of the others columns.
const FACTORS = {
  q: ["x", "w_q"],
  k: ["x", "w_k"],
  v: ["x", "w_v"],
  scores: ["q", "k"],
  context: ["weights", "v"],
};
const ROUNDED = 3; // decimals, where a number goes on for ever
const WRITTEN_OUT = 4; // the most decimals of a matrix that is written in full
const MOST_DECIMALS = 12;
const LARGE = 10; // scores beyond this are shifted, as every library does

export function tracing({ words, x, w_q, w_k, w_v, scaled }) {
  const [q, k, v] = [w_q, w_k, w_v].map((w) => matmul(x, w));
  const dots = matmul(q, transpose(k));
  const root = Math.sqrt(w_q[0].length);
  const scores = scaled ? dots.map((row) => row.map((dot) => dot / root)) : dots;
  const weights = scores.map((row) => softmax(row));
  const context = matmul(weights, v);
  const matrices = { x, w_q, w_k, w_v, q, k, v, dots, root: [[root]], scores, weights, context };
  const places = {};
  for (const name of Object.keys(matrices)) places[name] = placesOf(matrices[name]);
  return { labels: labelsOf(words), scaled, matrices, places };
}

// The decimals that a matrix needs to be written in full; null if that is too many.
function placesOf(matrix) {
  for (let n = 1; n <= WRITTEN_OUT; n++) {
    const ends = (value) => Math.abs(value * 10 ** n - Math.round(value * 10 ** n)) < 1e-9;
    if (matrix.flat().every(ends)) return n;
  }
  return null;
}

// A half is rounded away from zero, also one that the machine holds as 0.12499999999999999.
export function fixed(value, digits) {
  return number(value + Math.sign(value) * 10 ** -(digits + 6), digits);
}

const valueOf = (text) => Number(text.replace("−", "-").replace(/[()]/g, ""));
const sumOf = (values) => values.reduce((a, b) => a + b, 0);
const bracketed = (text) => (text.startsWith("−") ? `(${text})` : text);
const rounds = (value, text) => fixed(value, text.split(".")[1].length) === text;

function printed({ matrices, places }, [name, row, column], n) {
  return fixed(matrices[name][row][column], places[name] ?? n);
}

// The number as its table shows it.
export function shown({ matrices, places }, [name, row, column]) {
  return fixed(matrices[name][row][column], Math.min(places[name] ?? ROUNDED, ROUNDED));
}

export function rowName({ labels }, name, row) {
  return name.startsWith("w_") ? String(row + 1) : labels[row];
}

export function columnName({ labels }, name, column) {
  return name === "scores" || name === "weights" ? labels[column] : String(column + 1);
}

export function cellName(numbers, [name, row, column]) {
  return `${name}[${rowName(numbers, name, row)}, ${columnName(numbers, name, column)}]`;
}

export function terms({ matrices }, [name, row, column]) {
  if (name === "weights") return matrices.scores[row].map((_, j) => [["scores", row, j]]);
  if (!(name in FACTORS)) return [];
  const [left, right] = FACTORS[name];
  const other = (i) => (name === "scores" ? [right, column, i] : [right, i, column]);
  return matrices[left][row].map((_, i) => [[left, row, i], other(i)]);
}

// All that had a hand in a number, the number itself among it, back to what is given.
export function originsOf(numbers, cell) {
  const found = new Map([[String(cell), cell]]);
  for (const at of found.values()) { // goes on through what is added meanwhile
    for (const factor of terms(numbers, at).flat()) found.set(String(factor), factor);
  }
  return [...found.values()];
}

// The line in parts: text, or {cell, text} where a number of a matrix stands, or a list of those
// that belong together. It takes as few decimals as will do for every step, computed from what is
// printed, to give the number at its end.
export function line(numbers, cell) {
  const write = cell[0] === "weights" ? writeShare : cell[0] in FACTORS ? writeSum : writeGiven;
  let written;
  for (let n = ROUNDED; n <= MOST_DECIMALS; n++) {
    written = write(numbers, cell, n);
    if (written.right) break;
  }
  const goal = printed(numbers, cell, ROUNDED), short = shown(numbers, cell);
  const rest = valueOf(short) === valueOf(goal) ? "" : ` ≈ ${short}`;
  return [cellName(numbers, cell), ...written.parts, goal, rest];
}

const sign = (exact) => (exact ? " = " : " ≈ ");

function writeGiven({ places }, [name]) {
  return { parts: [sign(places[name])], right: true };
}

function writeSum(numbers, cell, n) {
  const { places, scaled } = numbers, [name] = cell;
  const part = (of) => ({ cell: of, text: bracketed(printed(numbers, of, n)) });
  const pairs = terms(numbers, cell).map((pair) => pair.map(part));
  const sum = sumOf(pairs.map(([left, right]) => valueOf(left.text) * valueOf(right.text)));
  const parts = pairs.flatMap(([left, right], i) => [i ? " + " : "", [left, "×", right]]);
  const first = sign(FACTORS[name].every((factor) => places[factor]));
  const goal = printed(numbers, cell, ROUNDED);
  if (name !== "scores" || !scaled) {
    return { parts: [first, ...parts, sign(places[name])], right: rounds(sum, goal) };
  }
  const { text, right } = divided(numbers, sum, goal, n);
  return { parts: [first, "(", ...parts, ")", text, sign(places[name])], right };
}

// A score's way from the sum to its quotient by the root.
function divided(numbers, sum, goal, n) {
  const { matrices, places } = numbers;
  const dot = fixed(sum, places.dots ?? n), root = printed(numbers, ["root", 0, 0], n);
  const steps = [sum / matrices.root[0][0], valueOf(dot) / valueOf(root)];
  const equal = sign(places.dots && places.root);
  const text = ` / √${matrices.q[0].length}${equal}${bracketed(dot)} / ${root}`;
  return { text, right: steps.every((step) => rounds(step, goal)) };
}

function writeShare(numbers, cell, n) {
  const { places } = numbers, [, , column] = cell;
  const scores = terms(numbers, cell).map(([of]) => ({ cell: of, text: printed(numbers, of, n) }));
  const { less, raised } = exponentials(scores.map((score) => valueOf(score.text)));
  const powers = raised.map((power) => fixed(power, n));
  const power = (score) => ["exp(", score, less ? ` − ${bracketed(fixed(less, places.scores ?? n))})` : ")"];
  const all = scores.flatMap((score, j) => [j ? " + " : "", power(score)]);
  const total = sumOf(powers.map(valueOf)), share = powers[column];
  const steps = [raised[column] / sumOf(raised), valueOf(share) / total];
  const text = `) ≈ ${share} / (${powers.join(" + ")}) = ${share} / ${fixed(total, n)}`;
  return {
    parts: [sign(places.scores), power(scores[column]), " / (", ...all, text, sign(places.weights)],
    right: steps.every((step) => rounds(step, printed(numbers, cell, ROUNDED))),
  };
}

// The exponentials of scores; of large ones less the largest.
function exponentials(scores) {
  const less = scores.some((score) => Math.abs(score) > LARGE) ? Math.max(...scores) : 0;
  return { less, raised: scores.map((score) => Math.exp(score - less)) };
}

// In words: which row meets which column.
export function how(numbers, [name, row, column]) {
  const [i, j] = [rowName(numbers, name, row), columnName(numbers, name, column)];
  const root = numbers.scaled ? `, divided by the square root of ${numbers.matrices.q[0].length}` : "";
  const [left, right] = FACTORS[name] ?? [];
  if (name === "weights") return `Softmax of row ${i} of scores: the share that ${i} takes of ${j}.`;
  if (name === "scores") return `Row ${i} of q times row ${j} of k${root}.`;
  if (left) return `Row ${i} of ${left} times column ${j} of ${right}.`;
  return name === "x" ? `Given: the embedding of ${i}, number ${j}.` : `Given: row ${i}, column ${j} of ${name}.`;
}

export function trace(numbers, cell) {
  const [name, row, column] = cell;
  const text = line(numbers, cell).flat().map((part) => part.text ?? part).join("");
  const value = numbers.matrices[name][row][column];
  return { value, terms: terms(numbers, cell), how: how(numbers, cell), text };
}

// The way one came: a number that helped to make the last one goes on, any other starts anew.
export function follow(numbers, trail, cell) {
  const same = (other) => String(other) === String(cell);
  const at = trail.findIndex(same);
  if (at >= 0) return trail.slice(0, at + 1);
  const made = trail.length > 0 && terms(numbers, trail.at(-1)).flat().some(same);
  return made ? [...trail, cell] : [cell];
}

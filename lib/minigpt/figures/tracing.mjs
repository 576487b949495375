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
    const ends = (value) => Math.abs(value * 10 ** n - Math.round(value * 10 ** n)) < 1e-6;
    if (matrix.flat().every(ends)) return n;
  }
  return null;
}

// A half is rounded away from zero, also one that the machine holds as 0.12499999999999999.
export function fixed(value, digits) {
  return number(value + Math.sign(value) * 10 ** -(digits + 6), digits);
}

const valueOf = (text) => Number(text.replace("−", "-"));
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

// The line in parts: text, or {cell, text} where a number of a matrix stands, or a list of those
// that belong together. It takes as few decimals as will do for the sum of what is printed to be
// what is printed.
export function line(numbers, cell) {
  const write = cell[0] === "weights" ? writeShare : terms(numbers, cell).length ? writeSum : null;
  if (write === null) return [`${cellName(numbers, cell)} = ${printed(numbers, cell, ROUNDED)}`];
  let written;
  for (let n = ROUNDED; n <= MOST_DECIMALS; n++) {
    written = write(numbers, cell, n);
    if (written.right) break;
  }
  const goal = printed(numbers, cell, ROUNDED);
  const short = shown(numbers, cell);
  return [cellName(numbers, cell), ...written.parts, goal, valueOf(short) === valueOf(goal) ? "" : ` ≈ ${short}`];
}

const sign = (exact) => (exact ? " = " : " ≈ ");

function writeSum(numbers, cell, n) {
  const { matrices, places, scaled } = numbers;
  const [name, row, column] = cell;
  const parts = [];
  let sum = 0;
  for (const pair of terms(numbers, cell)) {
    const [left, right] = pair.map((factor) => printed(numbers, factor, n));
    sum += valueOf(left) * valueOf(right);
    const factors = [{ cell: pair[0], text: bracketed(left) }, "×", { cell: pair[1], text: bracketed(right) }];
    parts.push(parts.length ? " + " : "", factors);
  }
  const first = sign(FACTORS[name].every((factor) => places[factor]));
  const last = sign(places[name]);
  const goal = printed(numbers, cell, ROUNDED);
  if (name !== "scores" || !scaled) return { parts: [first, ...parts, last], right: rounds(sum, goal) };
  const [dot, root] = [["dots", row, column], ["root", 0, 0]].map((of) => printed(numbers, of, n));
  const second = sign(places.dots && places.root);
  const quotient = ` / √${matrices.q[0].length}${second}${bracketed(dot)} / ${root}`;
  return {
    parts: [first, "(", ...parts, ")", quotient, last],
    right: rounds(sum, dot) && rounds(valueOf(dot) / valueOf(root), goal),
  };
}

function writeShare(numbers, cell, n) {
  const { matrices, places } = numbers;
  const [, row, column] = cell;
  const scores = matrices.scores[row].map((_, j) => printed(numbers, ["scores", row, j], n));
  const large = scores.some((score) => Math.abs(valueOf(score)) > LARGE);
  const most = large ? scores.reduce((a, b) => (valueOf(b) > valueOf(a) ? b : a)) : null;
  const powers = scores.map((score) => fixed(Math.exp(valueOf(score) - valueOf(most ?? "0")), n));
  const total = fixed(powers.map(valueOf).reduce((a, b) => a + b), n);
  const less = large ? ` − ${bracketed(most)}` : "";
  const power = (j) => ["exp(", { cell: ["scores", row, j], text: scores[j] }, `${less})`];
  const all = scores.flatMap((_, j) => [j ? " + " : "", power(j)]);
  const share = `${powers[column]} / (${powers.join(" + ")}) = ${powers[column]} / ${total}`;
  return {
    parts: [sign(places.scores), power(column), " / (", ...all, ") ≈ ", share, sign(places.weights)],
    right: rounds(valueOf(powers[column]) / valueOf(total), printed(numbers, cell, ROUNDED)),
  };
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

// Numbers on their way through split, attention and merge, as reshaping.py has it.
import { number } from "./drawing.mjs";

export const STAGES = ["x", "heads", "context", "output"];
export const WAYS = {
  right: "right", alone: "reshape alone, twice", never: "never swapped",
  merge: "no swap in the merge", cards: "dealt like cards",
};
// The axes that are cut, and the order into which they are brought; "" moves nothing.
const SPLITS = { right: "bthd bhtd", alone: "", never: "", merge: "bthd bhtd", cards: "btdh bhtd" };
const MERGES = { right: "bhtd bthd", alone: "", never: "", merge: "", cards: "bhtd bthd" };

const product = (sizes) => sizes.reduce((a, b) => a * b, 1);
const upTo = (n) => Array.from({ length: n }, (_, i) => i);
const tuple = (sizes) => `(${sizes.join(", ")})`;

// An axis's index at a position of an array that is counted through.
function indices(shape, position) {
  const found = [];
  for (const size of [...shape].reverse()) {
    found.unshift(position % size);
    position = Math.floor(position / size);
  }
  return found;
}

function moved(moves, sizes) {
  const total = product(Object.values(sizes));
  if (!moves) return upTo(total);
  const [before, after] = moves.split(" ").map((axes) => [...axes]);
  const shapes = [before, after].map((axes) => axes.map((axis) => sizes[axis]));
  return upTo(total).map((position) => {
    const at = indices(shapes[1], position);
    return before.reduce((sum, axis, i) => sum * shapes[0][i] + at[after.indexOf(axis)], 0);
  });
}

export function reshaping({ B, T, n_heads, d_head, way, causal }) {
  const sizes = { b: B, t: T, h: n_heads, d: d_head };
  const shape = [B, T, n_heads * d_head];
  const inside = way === "never" ? [B * T, n_heads, d_head] : [B * n_heads, T, d_head];
  const split = moved(SPLITS[way], sizes), merge = moved(MERGES[way], sizes);
  const made = { state: { B, T, n_heads, d_head, way, causal }, sizes, shape, inside, split, merge };
  const x = split.map((_, position) => {
    const [b, t, c] = indices(shape, position);
    return (B > 1 ? 100 * (b + 1) : 0) + 10 * (t + 1) + c + 1;
  });
  const heads = split.map((at) => x[at]);
  const context = heads.map((_, at) => {
    const rows = column(made, at, false);
    return rows.reduce((sum, row) => sum + heads[row], 0) / rows.length;
  });
  return { ...made, values: { x, heads, context, output: merge.map((at) => context[at]) } };
}

// The rows that one goes into (down) or is made of, in its table and column.
function column({ inside: [, rows, d_head], state }, position, down) {
  const row = Math.floor(position / d_head) % rows;
  const kept = (other) => !state.causal || (down ? other >= row : other <= row);
  return upTo(rows).filter(kept).map((other) => position + (other - row) * d_head);
}

export function reach(way, stage, position) {
  const { split, merge } = way;
  if (stage === "x" || stage === "heads") {
    const at = stage === "x" ? split.indexOf(position) : position;
    const context = column(way, at, true);
    const output = upTo(merge.length).filter((i) => context.includes(merge[i]));
    return { x: [split[at]], heads: [at], context, output };
  }
  const at = stage === "output" ? merge[position] : position;
  const heads = column(way, at, false);
  const x = heads.map((row) => split[row]).sort((a, b) => a - b);
  return { x, heads, context: [at], output: [merge.indexOf(at)] };
}

export function ends(way, stage, position) {
  const [own, other] = stage === "x" || stage === "heads" ? ["x", "output"] : ["output", "x"];
  return [own, reach(way, stage, position)[own][0], other];
}

// Where at the other end the right way would have arrived.
export function due(way, stage, position) {
  const [own, at, other] = ends(way, stage, position);
  return reach(reshaping({ ...way.state, way: "right" }), own, at)[other];
}

export function how(way, stage, position) {
  const [own, at, other] = ends(way, stage, position);
  const found = reach(way, own, at), right = due(way, own, at);
  const arrives = listed(way, other, found[other]), should = listed(way, other, right);
  const verdict = String(found[other]) === String(right) ? "As it should be." : `It should be ${should}.`;
  if (own === "output") {
    const value = short(way.values.output[at]);
    const [first, ...rest] = nameOf(way, own, at);
    const name = `${first.toUpperCase()}${rest.join("")}`;
    return `${name} of the output, ${value}, is made of ${arrives}. ${verdict}`;
  }
  const rows = found.context.length;
  return `${way.values.x[at]} is ${nameOf(way, own, at)}. The split puts it into ` +
    `${nameOf(way, "heads", found.heads[0])}; attention mixes it into ` +
    `${rows} row${rows > 1 ? "s" : ""} there. After the merge it is in ${arrives}. ${verdict}`;
}

function listed(way, stage, positions) {
  const one = (at) => (stage === "x" ? String(way.values.x[at]) : nameOf(way, stage, at));
  return positions.map(one).join(", ");
}

const ofText = ({ state }, text) => (state.B > 1 ? ` of text ${text + 1}` : "");

export function nameOf(way, stage, position) {
  if (stage === "x" || stage === "output") {
    const [b, t, c] = indices(way.shape, position);
    return `number ${c + 1} of word ${t + 1}${ofText(way, b)}`;
  }
  const [table, row, at] = indices(way.inside, position);
  return `${titleOf(way, table)}, row ${row + 1}, column ${at + 1}`;
}

// Never swapped, the words stand where heads should.
export function titleOf(way, table) {
  const each = way.inside[0] / way.state.B;
  const kind = way.state.way === "never" ? "word" : "head";
  return `${kind} ${(table % each) + 1}${ofText(way, Math.floor(table / each))}`;
}

export function captionOf({ state, sizes, shape }, stage) {
  const split = SPLITS[state.way], merge = MERGES[state.way];
  const cut = state.way === "alone" ? "bhtd" : (split || "bthd").slice(0, 4);
  const swap = state.way === "cards" ? ".transpose(0, 3, 1, 2)" : ".swapaxes(1, 2)";
  const rows = state.causal ? "itself and those above" : "all rows of its table";
  return {
    x: `x, of shape ${tuple(shape)}`,
    heads: `heads = x.reshape${tuple([...cut].map((axis) => sizes[axis]))}${split ? swap : ""}`,
    context: `context: every row the mean of ${rows}`,
    output: `output = context${merge ? ".swapaxes(1, 2)" : ""}.reshape${tuple(shape)}`,
  }[stage];
}

// A whole number as it is, another with one decimal.
export function short(value) {
  return number(value, 1).replace(/\.0$/, "");
}

// The classes of a stage's cells: what is chosen, on its way, or missed; and whose it is.
export function marks(way, cell, stage) {
  const [chosen, at] = cell, { T } = way.state;
  const lit = reach(way, chosen, at)[stage];
  const missed = ends(way, chosen, at)[2] === stage ? due(way, chosen, at) : [];
  const wordOf = (position) => (Math.floor(position / way.shape[2]) % T) + 1;
  return way.split.map((origin, i) => {
    const own = stage === "x" ? wordOf(i) : stage === "heads" ? wordOf(origin) : null;
    const on = lit.includes(i) ? " aw-left" : missed.includes(i) ? " aw-due" : "";
    const mine = chosen === stage && at === i ? " aw-chosen" : "";
    return "aw-cell" + (own ? ` aw-of-${own}` : "") + on + mine;
  });
}

// The tables of a stage: a title, and the rows, each with its name and its positions.
export function tablesOf(way, stage) {
  const inside = stage === "heads" || stage === "context";
  const [tables, rows, width] = inside ? way.inside : way.shape;
  return upTo(tables).map((table) => ({
    title: inside ? titleOf(way, table) : way.state.B > 1 ? `text ${table + 1}` : "",
    rows: upTo(rows).map((row) => ({
      name: `${inside ? "row" : "word"} ${row + 1}`,
      positions: upTo(width).map((c) => (table * rows + row) * width + c),
    })),
  }));
}

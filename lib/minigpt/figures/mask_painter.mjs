// A mask to paint, and who can know of whom after some layers of it.
import { change, element, labelsOf, onChange, place, shade, slider, valuesOf } from "./drawing.mjs";
import { HOW_TO_PAINT, causalMask, fillCell, makeGrid, makeMaskChooser, makePaintable, nameGrid, nameOf, noMask } from "./painting.mjs";

const STATE = ["words", "mask", "layers", "cursor"];
const KNOWN = {
  "no mask": noMask,
  "causal": causalMask,
  "window of 3": (T) => where(T, (i, j) => j <= i && j > i - 3),
  "prefix of 3": (T) => where(T, (i, j) => j <= i || j < 3),
  "causal, two of padding": (T) => where(T, (i, j) => j <= i && j > 1),
};

function where(T, may) {
  return noMask(T).map((row, i) => row.map((_, j) => may(i, j)));
}

// The mask of a preset, by its name.
export function known(name, T) {
  return KNOWN[name](T);
}

// After how many layers row i first holds something of column j; 0 where it never does.
export function arrivalsOf(mask) {
  const T = mask.length, arrivals = mask.map((row) => row.map(Number));
  for (let layers = 2; layers <= T; layers++) {
    const before = arrivals.map((row) => row.map((first) => first === layers - 1));
    const some = (i, j) => mask[i].some((may, m) => may && before[m][j]);
    arrivals.forEach((row, i) => row.forEach((first, j) => {
      if (!first && some(i, j)) row[j] = layers;
    }));
  }
  return arrivals;
}

// One way by which something of column j first comes to row i: [j, ..., i].
export function wayOf(mask, arrivals, i, j) {
  if (arrivals[i][j] === 1) return [j, i];
  const m = mask[i].findIndex((may, m) => may && arrivals[m][j] === arrivals[i][j] - 1);
  return [...wayOf(mask, arrivals, m, j), i];
}

export function captionOf({ mask, layers }) {
  const much = layers === 1 ? "1 layer" : `${layers} layers`;
  return `Who can hold what after ${much}, ${nameOf(mask, KNOWN)}; the number is the first such layer.`;
}

export function readOut({ words, mask, layers }, i, j) {
  const labels = labelsOf(words), arrivals = arrivalsOf(mask), first = arrivals[i][j];
  const [who, whom] = [labels[i], labels[j]];
  if (!mask[i].includes(true)) return `${who} may look nowhere, and holds nothing.`;
  if (!first) return `${who} can never hold anything of ${whom}, however many layers there are.`;
  if (first === 1) return `${who} may look at ${whom}.`;
  const way = wayOf(mask, arrivals, i, j).map((m) => labels[m]).join(" → ");
  const not = first > layers ? "not yet" : "by now";
  return `${who} holds something of ${whom} after ${first} layers, ${not}: ${way}.`;
}

function fillReach(grid, { words, mask, layers, cursor }) {
  nameGrid(grid, words, cursor);
  arrivalsOf(mask).forEach((row, i) => {
    row.forEach((first, j) => fillCell(grid.cells[i][j], arrival(first, layers, mask[i][j])));
    const held = row.filter((first) => first && first <= layers).length;
    grid.sums[i].textContent = `${held} of ${words.length}`;
  });
}

function arrival(first, layers, may) {
  const here = first > 0 && first <= layers;
  if (here) return { text: String(first), look: shade(1 / first), hidden: false };
  return { text: "–", hidden: !may, label: "nothing" };
}

function render({ model, el }) {
  const T = model.get("words").length, grid = makeGrid(T, { name: "who holds whom", sum: "holds" });
  const caption = element("p"), words = element("p", { "aria-live": "polite" });
  const layers = slider({
    label: "Layers", min: 1, max: T, step: 1,
    words: (n) => String(n),
    oninput: (n) => change(model, { layers: n }),
  });
  const chooser = makeMaskChooser(KNOWN, (make) => change(model, { mask: make(T) }));
  const hint = element("p", { class: "aw-hint" }, HOW_TO_PAINT);

  const say = ([i, j]) => (words.textContent = readOut(valuesOf(model, STATE), i, j));
  const draw = () => {
    fillReach(grid, valuesOf(model, STATE));
    caption.textContent = captionOf(valuesOf(model, STATE));
    layers.show(model.get("layers"));
    chooser.show(model.get("mask"));
    say(model.get("cursor"));
  };
  makePaintable(grid, model, say);
  const controls = element("div", { class: "aw-controls" }, chooser, layers, hint);
  place(el, caption, element("div", { class: "aw-scroll" }, grid.node), words, controls);
  draw();
  return onChange(model, STATE, draw);
}

export default { render };

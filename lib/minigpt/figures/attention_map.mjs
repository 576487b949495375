// Who looks at whom: the weights, their temperature, and a mask to paint.
import { softmax } from "./maths.mjs";
import { change, element, labelsOf, number, onChange, place, shade, slider } from "./drawing.mjs";

const STATE = ["words", "looking", "scores", "temperature", "mask", "cursor"];
const HINT = "Click a cell, or press space on it, to hide it or to show it again.";

export function weightsOf(scores, temperature, mask) {
  const seen = (row, i) => row.map((score, j) => (mask[i][j] ? score / temperature : -Infinity));
  return scores.map((row, i) => softmax(seen(row, i)));
}

export function noMask(T) {
  return Array.from({ length: T }, () => Array(T).fill(true));
}

export function causalMask(T) {
  return noMask(T).map((row, i) => row.map((_, j) => j <= i));
}

export function nameOf(mask) {
  const is = (other) => String(mask) === String(other);
  if (is(noMask(mask.length))) return "no mask";
  return is(causalMask(mask.length)) ? "causal mask" : "painted mask";
}

export function captionOf({ temperature, mask }) {
  const setting = `Temperature ${number(temperature, 2)}, ${nameOf(mask)}.`;
  return `Each row is a word that looks; its weights say at whom. ${setting}`;
}

export function readOut({ words, looking, scores, temperature, mask }, i, j) {
  const labels = labelsOf(words), weight = weightsOf(scores, temperature, mask)[i][j];
  if (!mask[i].includes(true)) return `${labels[i]} may look nowhere: all its weights are 0.`;
  const act = mask[i][j] ? looking : "may not look at";
  const numbers = `score ${number(scores[i][j])}, weight ${number(weight)}`;
  return `${labels[i]} ${act} ${labels[j]}: ${numbers}.`;
}

// The mask with one cell the other way round.
export function painted(mask, [row, column]) {
  const flip = (may, i, j) => (i === row && j === column ? !may : may);
  return mask.map((line, i) => line.map((may, j) => flip(may, i, j)));
}

// Where a key leads from row i, column j; nothing for a key that leads nowhere.
export function moved(key, [i, j], T) {
  const to = {
    ArrowUp: [i - 1, j], ArrowDown: [i + 1, j], ArrowLeft: [i, j - 1], ArrowRight: [i, j + 1],
    Home: [i, 0], End: [i, T - 1],
  }[key];
  return to?.map((n) => Math.max(0, Math.min(T - 1, n)));
}

function makeGrid(T) {
  const many = (tag, attributes) => Array.from({ length: T }, () => element(tag, attributes));
  const columns = many("th", { scope: "col" }), rows = many("th", { scope: "row" });
  const cells = rows.map(() => many("td", { class: "aw-cell" }));
  const sums = many("td", { class: "aw-sum" });
  const sum = element("th", { scope: "col" }, "sum");
  const head = element("thead", {}, element("tr", {}, element("td"), ...columns, sum));
  const lines = rows.map((row, i) => element("tr", {}, row, ...cells[i], sums[i]));
  const body = element("tbody", {}, ...lines);
  const kind = { class: "aw-map", role: "grid", "aria-label": "weights" };
  const node = element("table", kind, head, body);
  return { node, columns, rows, cells, sums };
}

function fillGrid(grid, state) {
  const { scores, temperature, mask, cursor } = state;
  labelsOf(state.words).forEach((label, i) => {
    grid.rows[i].textContent = grid.columns[i].textContent = label;
  });
  weightsOf(scores, temperature, mask).forEach((weights, i) => {
    weights.forEach((weight, j) => fillCell(grid.cells[i][j], weight, mask[i][j]));
    const sum = number(weights.reduce((a, b) => a + b));
    grid.sums[i].textContent = mask[i].includes(true) ? sum : "0: looks nowhere";
  });
  // A single stop for the tab key: the cell at the cursor.
  grid.cells.flat().forEach((cell) => (cell.tabIndex = -1));
  grid.cells[cursor[0]][cursor[1]].tabIndex = 0;
}

function fillCell(cell, weight, may) {
  const { background, ink } = may ? shade(weight) : { background: "", ink: "" };
  cell.textContent = may ? number(weight) : "–";
  cell.style.backgroundColor = background;
  cell.style.color = ink;
  cell.classList.toggle("aw-hidden", !may);
  if (may) cell.removeAttribute("aria-label");
  else cell.setAttribute("aria-label", "hidden");
}

// A mask that was painted is neither of the two.
function makeMaskChooser(T, choose) {
  const masks = { "no mask": noMask, "causal mask": causalMask };
  const group = `aw-${Math.random()}`; // the page may hold the figure twice
  const inputs = Object.entries(masks).map(([value, mask]) => {
    const onchange = () => choose(mask(T));
    return element("input", { type: "radio", name: group, value, onchange });
  });
  const labels = inputs.map((input) => element("label", {}, input, input.value));
  const node = element("fieldset", {}, element("legend", {}, "Mask"), ...labels);
  node.show = (mask) => inputs.forEach((input) => (input.checked = input.value === nameOf(mask)));
  return node;
}

function render({ model, el }) {
  const T = model.get("words").length, grid = makeGrid(T);
  const caption = element("p"), words = element("p", { "aria-live": "polite" });
  const temperature = slider({
    label: "Temperature", min: -1, max: 1, step: 0.02, // of its logarithm
    words: (log) => number(10 ** log, 2),
    oninput: (log) => change(model, { temperature: Number((10 ** log).toPrecision(3)) }),
  });
  const chooser = makeMaskChooser(T, (mask) => change(model, { mask }));
  const hint = element("p", { class: "aw-hint" }, HINT);

  const state = () => Object.fromEntries(STATE.map((name) => [name, model.get(name)]));
  const say = ([i, j]) => (words.textContent = readOut(state(), i, j));
  const draw = () => {
    fillGrid(grid, state());
    caption.textContent = captionOf(state());
    temperature.show(Math.log10(model.get("temperature")));
    chooser.show(model.get("mask"));
    say(model.get("cursor"));
  };
  const paint = (cell) => change(model, { mask: painted(model.get("mask"), cell), cursor: cell });
  const press = (event) => {
    const cursor = model.get("cursor"), to = moved(event.key, cursor, T);
    if ((!to && event.key !== " ") || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    if (!to) return paint(cursor);
    change(model, { cursor: to });
    grid.cells[to[0]][to[1]].focus();
  };

  grid.node.addEventListener("keydown", press);
  grid.cells.forEach((line, i) => line.forEach((cell, j) => {
    cell.addEventListener("click", () => paint([i, j]));
    cell.addEventListener("pointerenter", () => say([i, j]));
    cell.addEventListener("pointerleave", () => say(model.get("cursor")));
  }));
  const controls = element("div", { class: "aw-controls" }, temperature, chooser, hint);
  place(el, caption, element("div", { class: "aw-scroll" }, grid.node), words, controls);
  draw();
  return onChange(model, STATE, draw);
}

export default { render };

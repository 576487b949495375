// A mask to paint: its table of cells, how keys and clicks work it, and a choice of known masks.
import { change, element, labelsOf } from "./drawing.mjs";

export const HOW_TO_PAINT = "Click a cell, or press space on it, to hide it or to show it again.";

export function noMask(T) {
  return Array.from({ length: T }, () => Array(T).fill(true));
}

export function causalMask(T) {
  return noMask(T).map((row, i) => row.map((_, j) => j <= i));
}

// The first of the known masks, { name: T => mask }, that this one is.
export function nameOf(mask, known) {
  const is = ([, make]) => String(mask) === String(make(mask.length));
  return Object.entries(known).find(is)?.[0] ?? "painted mask";
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

// T rows of T cells, with the words around them and a cell a row for its sum.
export function makeGrid(T, { name, sum }) {
  const many = (tag, attributes) => Array.from({ length: T }, () => element(tag, attributes));
  const columns = many("th", { scope: "col" }), rows = many("th", { scope: "row" });
  const cells = rows.map(() => many("td", { class: "aw-cell" }));
  const sums = many("td", { class: "aw-sum" });
  const last = element("th", { scope: "col" }, sum);
  const head = element("thead", {}, element("tr", {}, element("td"), ...columns, last));
  const lines = rows.map((row, i) => element("tr", {}, row, ...cells[i], sums[i]));
  const body = element("tbody", {}, ...lines);
  const node = element("table", { class: "aw-map", role: "grid", "aria-label": name }, head, body);
  return { node, columns, rows, cells, sums };
}

// The words around the cells; and a single stop for the tab key, the cell at the cursor.
export function nameGrid(grid, words, cursor) {
  labelsOf(words).forEach((label, i) => {
    grid.rows[i].textContent = grid.columns[i].textContent = label;
  });
  grid.cells.flat().forEach((cell) => (cell.tabIndex = -1));
  grid.cells[cursor[0]][cursor[1]].tabIndex = 0;
}

// What stands in a cell, and its colours; a hidden one is hatched.
export function fillCell(cell, { text, look, hidden, label }) {
  const { background, ink } = look ?? { background: "", ink: "" };
  cell.textContent = text;
  cell.style.backgroundColor = background;
  cell.style.color = ink;
  cell.classList.toggle("aw-hidden", hidden);
  if (label) cell.setAttribute("aria-label", label);
  else cell.removeAttribute("aria-label");
}

// Cells are painted by click or space, walked by arrow keys, and told of by `say`.
export function makePaintable(grid, model, say) {
  const paint = (cell) => change(model, { mask: painted(model.get("mask"), cell), cursor: cell });
  const press = (event) => {
    const cursor = model.get("cursor"), to = moved(event.key, cursor, grid.cells.length);
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
}

// A choice of known masks; `node.show(mask)`. One that was painted is none of them.
export function makeMaskChooser(known, choose) {
  const group = `aw-${Math.random()}`; // the page may hold the figure twice
  const inputs = Object.entries(known).map(([value, make]) => {
    return element("input", { type: "radio", name: group, value, onchange: () => choose(make) });
  });
  const labels = inputs.map((input) => element("label", {}, input, input.value));
  const node = element("fieldset", {}, element("legend", {}, "Mask"), ...labels);
  node.show = (mask) => {
    inputs.forEach((input) => (input.checked = input.value === nameOf(mask, known)));
  };
  return node;
}

// Two sentences and who looks at whom: lines from each target word to the source words.
import { change, chooser, element, labelsOf, number, onChange, place, svg, valuesOf } from "./drawing.mjs";

const STATE = ["source", "target", "weights", "chosen", "head"];
const ROW = 32; // the height of a word

// Of one head, or the mean of all (head null); weights are heads by target by source.
export function tableOf({ weights, head }) {
  if (head !== null) return weights[head];
  const mean = (i, j) => weights.reduce((sum, table) => sum + table[i][j], 0) / weights.length;
  return weights[0].map((row, i) => row.map((_, j) => mean(i, j)));
}

// Places of the source from the largest weight down, as many as make nine tenths.
export function mostOf(row) {
  const order = row.map((_, j) => j).sort((a, b) => row[b] - row[a]);
  let sum = 0;
  return order.filter((j) => {
    const before = sum;
    sum += row[j];
    return before < 0.9;
  });
}

export function saidOf(state) {
  const row = tableOf(state)[state.chosen], source = labelsOf(state.source);
  const parts = mostOf(row).map((j) => `${source[j]} ${number(row[j])}`);
  return `To write ${labelsOf(state.target)[state.chosen]}, it looks at ${parts.join(", ")}.`;
}

// Where a word's middle lies, the shorter sentence in the middle of the longer.
export function heightOf(i, n, longest) {
  return ROW * (i + 0.5 + (longest - n) / 2);
}

// ---- what is drawn

function makeColumn(n, longest, cells) {
  const node = element("div", { class: "aw-column" }, ...cells);
  node.style.paddingTop = `${heightOf(0, n, longest) - ROW / 2}px`;
  return node;
}

function drawLines(state, longest) {
  const { source, target, chosen } = state;
  const line = (weight, i, j) => svg("line", {
    class: i === chosen ? "aw-sight" : "aw-sight aw-other", x1: 0, x2: 100,
    y1: heightOf(j, source.length, longest), y2: heightOf(i, target.length, longest),
    "stroke-width": 10 * weight,
  });
  const lines = tableOf(state).flatMap((row, i) => row.map((weight, j) => line(weight, i, j)));
  const own = lines.filter((_, n) => Math.floor(n / source.length) === chosen);
  return [...lines.filter((one) => !own.includes(one)), ...own];
}

function render({ model, el }) {
  const first = valuesOf(model, STATE), { source, target, weights } = first;
  const longest = Math.max(source.length, target.length), group = `aw-target-${Math.random()}`;
  const shares = source.map(() => element("span", { class: "aw-share" }));
  const names = labelsOf(source).map((word, j) => element("div", {}, element("span", {}, word), " ", shares[j]));
  const radios = target.map((_, i) =>
    element("input", { type: "radio", name: group, onchange: () => change(model, { chosen: i }) }));
  const choices = labelsOf(target).map((word, i) => element("label", {}, radios[i], word));
  const height = ROW * longest;
  const drawing = svg("svg", { viewBox: `0 0 100 ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  drawing.style.height = `${height}px`;
  const words = element("p", { "aria-live": "polite" });
  const heads = chooser("weights of", weights.length + 1, (n) => change(model, { head: n ? n - 1 : null }));
  const several = weights.length > 1 ? [element("div", { class: "aw-controls" }, heads)] : [];

  function draw() {
    const state = valuesOf(model, STATE), row = tableOf(state)[state.chosen];
    drawing.replaceChildren(...drawLines(state, longest));
    shares.forEach((share, j) => (share.textContent = number(row[j], 2)));
    names.forEach((name, j) => name.classList.toggle("aw-most", row[j] === Math.max(...row)));
    radios.forEach((radio, i) => (radio.checked = i === state.chosen));
    words.textContent = saidOf(state);
    heads.show(["all heads", ...weights.map((_, n) => `head ${n + 1}`)], state.head === null ? 0 : state.head + 1);
  }
  const written = makeColumn(target.length, longest, choices);
  written.setAttribute("role", "radiogroup");
  written.setAttribute("aria-label", "the word that is written");
  place(el, element("div", { class: "aw-alignment" }, makeColumn(source.length, longest, names), drawing, written),
    words, ...several);
  draw();
  return onChange(model, STATE, draw);
}

export default { render };

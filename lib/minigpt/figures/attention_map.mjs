// Who looks at whom: the weights, their temperature, and a mask to paint.
import { softmax } from "./maths.mjs";
import { change, element, labelsOf, number, onChange, shade, slider } from "./drawing.mjs";

export function weightsOf(scores, temperature, mask) {
  const seen = (row, i) => row.map((score, j) => (mask[i][j] ? score / temperature : -Infinity));
  return scores.map((row, i) => softmax(seen(row, i)));
}

export function allOf(T) {
  return Array.from({ length: T }, () => Array(T).fill(true));
}

export function causalOf(T) {
  return allOf(T).map((row, i) => row.map((_, j) => j <= i));
}

export function nameOf(mask) {
  const same = (other) => String(mask) === String(other);
  if (same(allOf(mask.length))) return "no mask";
  return same(causalOf(mask.length)) ? "causal mask" : "painted mask";
}

export function readOut({ labels, looking, scores, weights, mask }, i, j) {
  const score = `score ${number(scores[i][j])}`;
  if (!mask[i].includes(true)) return `${labels[i]} may look nowhere: all its weights are 0`;
  if (!mask[i][j]) return `${labels[i]} may not look at ${labels[j]}: ${score}, weight 0`;
  return `${labels[i]} ${looking} ${labels[j]}: ${score}, weight ${number(weights[i][j])}`;
}

export function captionOf(temperature, mask) {
  const set = `Temperature ${number(temperature, 2)}, ${nameOf(mask)}.`;
  return `Each row is a word that looks; its weights say at whom. ${set}`;
}

function read(model) {
  const values = {};
  for (const name of ["words", "scores", "temperature", "mask", "looking", "cursor"])
    values[name] = model.get(name);
  values.labels = labelsOf(values.words);
  values.weights = weightsOf(values.scores, values.temperature, values.mask);
  return values;
}

function render({ model, el }) {
  const T = model.get("words").length;
  const caption = element("caption"), words = element("p", { class: "aw-words", "aria-live": "polite" });
  const heads = [], rows = [], sums = [], cells = allOf(T);
  let painted = null;

  const say = (i, j) => (words.textContent = `${readOut(read(model), i, j)}.`);
  const go = (i, j) => {
    const inside = (n) => Math.max(0, Math.min(T - 1, n));
    change(model, { cursor: [inside(i), inside(j)] });
    cells[inside(i)][inside(j)].focus();
  };
  const paint = (i, j) => {
    painted = model.get("mask").map((row) => [...row]);
    painted[i][j] = !painted[i][j];
    change(model, { mask: painted, cursor: [i, j] });
  };
  const press = (event) => {
    const [i, j] = model.get("cursor");
    const moves = {
      ArrowUp: () => go(i - 1, j), ArrowDown: () => go(i + 1, j),
      ArrowLeft: () => go(i, j - 1), ArrowRight: () => go(i, j + 1),
      Home: () => go(i, 0), End: () => go(i, T - 1), " ": () => paint(i, j),
    };
    if (!moves[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    moves[event.key]();
  };

  const body = element("tbody");
  for (let i = 0; i < T; i++) {
    heads.push(element("th", { scope: "col" }));
    rows.push(element("th", { scope: "row" }));
    sums.push(element("td", { class: "aw-sum" }));
    for (let j = 0; j < T; j++) {
      const over = () => say(i, j), out = () => say(...model.get("cursor"));
      const actions = { onclick: () => paint(i, j), onpointerenter: over, onpointerleave: out };
      cells[i][j] = element("td", { class: "aw-cell", ...actions });
    }
    body.append(element("tr", {}, rows[i], ...cells[i], sums[i]));
  }
  const head = element("tr", {}, element("td"), ...heads, element("th", { scope: "col" }, "sum"));
  const grid = element(
    "table", { class: "aw-map", role: "grid", onkeydown: press },
    caption, element("thead", {}, head), body,
  );
  const temperature = slider({
    label: "Temperature", min: -1, max: 1, step: 0.02,
    words: (log) => number(10 ** log, 2),
    oninput: (log) => change(model, { temperature: Number((10 ** log).toPrecision(3)) }),
  });
  const masks = { "no mask": () => allOf(T), "causal mask": () => causalOf(T), "painted mask": () => painted };
  const choices = Object.entries(masks).map(([name, mask]) => {
    const input = element("input", { type: "radio", onchange: () => change(model, { mask: mask() }) });
    const node = element("label", {}, input, name);
    node.show = (mask) => {
      input.checked = nameOf(mask) === name;
      input.disabled = name === "painted mask" && painted === null;
    };
    return node;
  });
  const chooser = element("fieldset", {}, element("legend", {}, "Who may look"), ...choices);
  const hint = element("p", { class: "aw-hint" }, "Click a cell, or press space on it, to hide it or show it again.");

  function draw() {
    const state = read(model), [row, column] = state.cursor;
    if (nameOf(state.mask) === "painted mask") painted = state.mask;
    caption.textContent = captionOf(state.temperature, state.mask);
    state.labels.forEach((label, i) => (heads[i].textContent = rows[i].textContent = label));
    state.weights.forEach((weights, i) => {
      weights.forEach((weight, j) => {
        const cell = cells[i][j], may = state.mask[i][j], { background, ink } = shade(weight);
        cell.textContent = may ? number(weight) : "–";
        cell.style.backgroundColor = may ? background : "";
        cell.style.color = may ? ink : "";
        cell.classList.toggle("aw-hidden", !may);
        cell.tabIndex = i === row && j === column ? 0 : -1;
        may ? cell.removeAttribute("aria-label") : cell.setAttribute("aria-label", "hidden");
      });
      sums[i].textContent = state.mask[i].includes(true) ? number(weights.reduce((a, b) => a + b)) : "0: looks nowhere";
    });
    temperature.show(Math.log10(state.temperature));
    choices.forEach((choice) => choice.show(state.mask));
    say(row, column);
  }

  const controls = element("div", { class: "aw-controls" }, temperature, chooser, hint);
  el.append(element("div", { class: "aw-scroll" }, grid), words, controls);
  draw();
  return onChange(model, ["words", "scores", "temperature", "mask", "looking", "cursor"], draw);
}

export default { render };

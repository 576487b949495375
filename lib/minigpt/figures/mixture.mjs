// Words as arrows, their tips to be dragged: how one of them mixes what it looks at.
import { FARTHEST, coloursOf, contextWithout, hullOf, mixtureOf, saidOf, stretched, tidied, writtenOut } from "./mixing.mjs";
import { change, element, labelsOf, number, onChange, place, svg } from "./drawing.mjs";
import { arrow, dots, draggable, framed, label, onPaper, polygon, reachOf, ruled, segment, star, vectorAt } from "./paper.mjs";

const STATE = ["words", "vectors", "looker", "shadows"];

function read(model) {
  const state = Object.fromEntries(STATE.map((name) => [name, model.get(name)]));
  return { ...state, labels: labelsOf(state.words), colours: coloursOf(state.words) };
}

// The looker's line, the half of the paper where a word beats the looker, and every shadow.
function drawShadows({ vectors, looker, colours }, { shadows }, at) {
  const length = Math.hypot(...vectors[looker]), far = 3 * reachOf(vectors);
  if (!length) return [];
  const along = vectors[looker].map((c) => c / length);
  const on = (a, b) => at([a * along[0] - b * along[1], a * along[1] + b * along[0]]);
  const half = [on(length, far), on(length, -far), on(far, -far), on(far, far)];
  const line = segment(on(-far, 0), on(far, 0), { class: "aw-axis" });
  const drops = vectors.map((vector, j) => {
    const [cx, cy] = on(shadows[j], 0), drop = segment(at(vector), [cx, cy], { class: "aw-drop" });
    return svg("g", { class: colours[j] }, drop, svg("circle", { cx, cy, r: 5 }));
  });
  return [polygon(half, { class: "aw-half" }), line, ...drops];
}

function drawPaper(state, mixture, reach, held) {
  const { labels, vectors, looker, colours, shadows } = state;
  const at = (vector) => onPaper(vector, reach), tips = vectors.map(at), middle = at(mixture.context);
  const name = (j) => (j === looker ? `${labels[j]} looks` : labels[j]);
  const other = contextWithout(state, held);
  return [
    ...ruled(reach),
    polygon(hullOf(tips), { class: "aw-hull" }),
    ...tips.map((tip, j) => arrow(tip, { class: colours[j] })),
    framed(...(shadows ? drawShadows(state, mixture, at) : [])),
    ...tips.map((tip, j) => dots(tip, middle, mixture.weights[j], { class: colours[j] })),
    ...tips.map((tip, j) => label(tip, name(j), { class: colours[j] }, j === looker)),
    ...(other ? [star(at(other), { class: "aw-star aw-hollow" })] : []),
    star(middle, { class: "aw-star" }),
  ];
}

// A grip lies over each tip: it can be dragged, and moved by the arrow keys.
function makeGrips(T, { hold, moveTo, get }) {
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  return Array.from({ length: T }, (_, j) => {
    const press = (event) => {
      const step = steps[event.key], size = event.shiftKey ? 0.01 : 0.1;
      if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      event.stopPropagation();
      moveTo(j, get(j).map((c, axis) => c + size * step[axis]));
    };
    const acts = { onkeydown: press, onfocus: () => hold(j) };
    const range = { "aria-valuemin": -FARTHEST, "aria-valuemax": FARTHEST };
    return svg("circle", { class: "aw-grip", r: 19, tabindex: 0, role: "slider", ...range, ...acts });
  });
}

// The same arrows in numbers, to be read and to be typed.
function makeTable(T, type) {
  const heads = ["word", "first", "second", "shadow", "score", "weight"].map((name) => element("th", { scope: "col" }, name));
  const rows = Array.from({ length: T }, (_, j) => {
    const typed = (axis) => (event) => event.target.value && type(j, axis, event.target.valueAsNumber);
    const box = (axis) => element("input", { type: "number", step: 0.1, min: -FARTHEST, max: FARTHEST, oninput: typed(axis) });
    const inputs = [box(0), box(1)], name = element("th", { scope: "row" });
    const cells = [0, 1, 2].map(() => element("td"));
    const line = element("tr", {}, name, ...inputs.map((input) => element("td", {}, input)), ...cells);
    return { line, name, inputs, cells };
  });
  const head = element("thead", {}, element("tr", {}, ...heads));
  const node = element("table", {}, head, element("tbody", {}, ...rows.map(({ line }) => line)));
  return { node, shadow: heads[3], rows };
}

function fillTable({ shadow, rows }, { labels, colours, vectors, looker, shadows }, mixture) {
  shadow.hidden = !shadows;
  rows.forEach(({ line, name, inputs, cells }, j) => {
    name.textContent = labels[j];
    name.className = colours[j];
    line.classList.toggle("aw-looker", j === looker);
    inputs.forEach((input, axis) => {
      input.setAttribute("aria-label", `${labels[j]}, ${axis ? "second" : "first"} number`);
      if (!input.matches(":focus")) input.value = vectors[j][axis]; // nobody likes to be corrected while typing
    });
    const numbers = [mixture.shadows, mixture.scores, mixture.weights];
    cells.forEach((cell, n) => (cell.textContent = number(numbers[n][j])));
    cells[0].hidden = !shadows;
  });
}

// Who looks; what the sentence can suffer as a whole; and back to the beginning.
function makeControls(model, release) {
  const first = Object.fromEntries(STATE.map((name) => [name, model.get(name)]));
  const vectors = () => model.get("vectors"), T = first.words.length;
  const act = (text, changes) => element("button", { type: "button", onclick: () => { release(); change(model, changes()); } }, text);
  const options = first.words.map((_, j) => element("option", { value: j }));
  const looker = element("select", { onchange: () => change(model, { looker: Number(looker.value) }) }, ...options);
  const shadows = element("input", { type: "checkbox", onchange: () => change(model, { shadows: shadows.checked }) });
  const longer = act("All × 10", () => ({ vectors: stretched(vectors(), 10) }));
  const shorter = act("All ÷ 10", () => ({ vectors: stretched(vectors(), 0.1) }));
  const reverse = act("Reverse the order", () => ({
    words: model.get("words").toReversed(), vectors: vectors().toReversed(), looker: T - 1 - model.get("looker"),
  }));
  const node = element(
    "div", { class: "aw-controls" },
    element("label", {}, "Who looks", looker), element("label", {}, shadows, "shadows"),
    longer, shorter, reverse, act("Reset", () => first),
  );
  node.show = (state) => {
    state.labels.forEach((label, j) => (options[j].textContent = label));
    looker.value = state.looker;
    shadows.checked = state.shadows;
    longer.disabled = !stretched(state.vectors, 10);
    shorter.disabled = !stretched(state.vectors, 0.1);
  };
  return node;
}

function fillGrips(grips, { labels, vectors }, { weights }, reach) {
  grips.forEach((grip, j) => {
    const [cx, cy] = onPaper(vectors[j], reach), [x, y] = vectors[j].map((c) => number(c, 2));
    const said = { "aria-label": `tip of ${labels[j]}`, "aria-valuenow": vectors[j][0], "aria-valuetext": `${x}, ${y}; weight ${number(weights[j])}` };
    for (const [name, value] of Object.entries({ cx, cy, ...said })) grip.setAttribute(name, value);
  });
}

function render({ model, el }) {
  const T = model.get("words").length;
  let reach = 0, held = null, dragging = false;

  const moveTo = (j, vector, farthest) => {
    held = j;
    change(model, { vectors: model.get("vectors").with(j, tidied(vector, farthest)) });
  };
  const get = (j) => model.get("vectors")[j];
  const hold = (j) => { held = j; draw(); };
  const grips = makeGrips(T, { get, hold, moveTo });
  const scene = svg("g", { "aria-hidden": "true" });
  const group = { role: "group", "aria-label": "The words as arrows from the origin" };
  const paper = svg("svg", { class: "aw-paper", viewBox: "0 0 400 400", ...group }, scene, ...grips);
  draggable(paper, grips, {
    where: (j) => onPaper(get(j), reach),
    drag: (j, at) => { dragging = true; moveTo(j, vectorAt(at, reach), reach); },
    drop: () => { dragging = false; draw(); },
  });
  const table = makeTable(T, (j, axis, value) => moveTo(j, get(j).with(axis, value)));
  table.node.addEventListener("focusout", () => draw()); // what was half typed gives way
  const controls = makeControls(model, () => { held = null; });
  const sum = element("p"), said = element("p");

  function draw() {
    const state = read(model), mixture = mixtureOf(state);
    if (!dragging) reach = reachOf(state.vectors, reach);
    scene.replaceChildren(...drawPaper(state, mixture, reach, held));
    fillGrips(grips, state, mixture, reach);
    fillTable(table, state, mixture);
    controls.show(state);
    sum.textContent = writtenOut(state, mixture);
    said.setAttribute("aria-live", dragging ? "off" : "polite");
    said.textContent = saidOf(state, mixture, held);
  }
  const hint = "Drag a tip; or move it by the arrow keys, a tenth a step, with shift a hundredth; or type its numbers.";
  const readable = element("div", {}, element("div", { class: "aw-scroll" }, table.node), said, sum);
  place(el, element("div", { class: "aw-sides" }, paper, readable), controls, element("p", { class: "aw-hint" }, hint));
  draw();
  return onChange(model, STATE, draw);
}

export default { render };

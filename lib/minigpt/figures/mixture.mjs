// Words as arrows, their tips to be dragged: how one of them mixes what it looks at.
import {
  FARTHEST, MOST_ROUNDS, coloursOf, contextWithout, historyOf, hullOf, mixtureOf, saidOf, stretched,
  tidied, writtenOut,
} from "./mixing.mjs";
import {
  button, change, chooser, element, labelsOf, number, onChange, place, svg, toggle, valuesOf,
} from "./drawing.mjs";
import {
  arrow, dots, draggable, framed, glide, labels, onPaper, path, polygon, reachOf, ruled, segment, star,
  vectorAt,
} from "./paper.mjs";

const STATE = ["words", "vectors", "rounds", "looker", "shadows"];

// On the dashed line a word ties with the looker, beyond it beats it. And, if asked, every shadow.
function drawLine({ vectors, looker, colours, shadows }, mixture, reach, at) {
  const length = Math.hypot(...vectors[looker]), far = 3 * reach;
  if (!length) return [];
  const along = vectors[looker].map((c) => c / length);
  const on = (a, b) => at([a * along[0] - b * along[1], a * along[1] + b * along[0]]);
  const even = [on(length, far), on(length, -far)];
  const dashed = segment(...even, { class: "aw-even" });
  if (!shadows) return [dashed];
  const half = polygon([...even, on(far, -far), on(far, far)], { class: "aw-half" });
  const line = segment(on(-far, 0), on(far, 0), { class: "aw-axis" });
  const drops = vectors.map((vector, j) => {
    const [cx, cy] = on(mixture.shadows[j], 0), end = svg("circle", { cx, cy, r: 5 });
    return svg("g", { class: colours[j] }, segment(at(vector), [cx, cy], { class: "aw-drop" }), end);
  });
  return [half, dashed, line, ...drops];
}

function drawPaper(state, mixture, reach, held) {
  const { labels: names, vectors, looker, colours, history } = state;
  const at = (vector) => onPaper(vector, reach), tips = vectors.map(at);
  const middle = at(mixture.context), other = contextWithout(state, held);
  const lined = state.shadows || (held !== null && held !== looker);
  const named = tips.map((tip, j) => {
    const aside = j === looker, text = aside ? `${names[j]} looks` : names[j];
    return { tip, text, aside, class: colours[j] };
  });
  const way = (j) => path(history.map((x) => at(x[j])), { class: `aw-way ${colours[j]}` });
  return [
    ...ruled(reach),
    polygon(hullOf(tips), { class: "aw-hull" }),
    ...tips.map((_, j) => way(j)),
    ...tips.map((tip, j) => arrow(tip, { class: colours[j] })),
    framed(...(lined ? drawLine(state, mixture, reach, at) : [])),
    ...tips.map((tip, j) => dots(tip, middle, mixture.weights[j], { class: colours[j] })),
    ...labels(named),
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

function fillGrips(grips, { labels, vectors }, { weights }, reach) {
  grips.forEach((grip, j) => {
    const [cx, cy] = onPaper(vectors[j], reach), [x, y] = vectors[j].map((c) => number(c, 2));
    const values = { cx, cy, "aria-label": `tip of ${labels[j]}`, "aria-valuenow": vectors[j][0] };
    values["aria-valuetext"] = `${x}, ${y}; weight ${number(weights[j])}`;
    for (const [name, value] of Object.entries(values)) grip.setAttribute(name, value);
  });
}

// The same arrows in numbers, to be read and to be typed.
function makeTable(T, type) {
  const names = ["word", "first", "second", "shadow", "score", "weight"];
  const heads = names.map((name) => element("th", { scope: "col" }, name));
  const rows = Array.from({ length: T }, (_, j) => makeRow((axis, value) => type(j, axis, value)));
  const head = element("thead", {}, element("tr", {}, ...heads));
  const body = element("tbody", {}, ...rows.map(({ line }) => line));
  return { node: element("table", {}, head, body), shadow: heads[3], rows };
}

function makeRow(type) {
  const range = { type: "number", step: 0.1, min: -FARTHEST, max: FARTHEST };
  const inputs = [0, 1].map((axis) => {
    const oninput = ({ target }) => target.value && type(axis, target.valueAsNumber);
    return element("input", { ...range, oninput });
  });
  const name = element("th", { scope: "row" }), cells = [0, 1, 2].map(() => element("td"));
  const boxes = inputs.map((input) => element("td", {}, input));
  return { line: element("tr", {}, name, ...boxes, ...cells), name, inputs, cells };
}

function fillTable({ shadow, rows }, { labels, colours, vectors, looker, shadows }, mixture) {
  const numbers = [mixture.shadows, mixture.scores, mixture.weights];
  shadow.hidden = !shadows;
  rows.forEach(({ line, name, inputs, cells }, j) => {
    line.classList.toggle("aw-looker", j === looker);
    name.className = colours[j];
    name.textContent = labels[j];
    inputs.forEach((input, axis) => {
      input.setAttribute("aria-label", `${labels[j]}, ${axis ? "second" : "first"} number`);
      if (input.matches(":focus")) return; // typing is not corrected
      input.value = Number(vectors[j][axis].toFixed(3));
    });
    cells.forEach((cell, n) => (cell.textContent = number(numbers[n][j])));
    cells[0].hidden = !shadows;
  });
}

// Who looks; what can be done to the sentence as a whole; and back to the beginning.
function makeControls(model, release) {
  const first = valuesOf(model, STATE), T = first.words.length;
  const act = (text, values) => button(text, () => { release(); change(model, values()); });
  const scaled = (factor) => stretched(stateOf(model).vectors, factor);
  const scale = (factor) => ({ rounds: 0, vectors: scaled(factor) });
  const turned = ({ words, vectors, looker }) => (
    { words: words.toReversed(), vectors: vectors.toReversed(), looker: T - 1 - looker }
  );
  const looker = chooser("Who looks", T, (j) => change(model, { looker: j }));
  const shadows = toggle("shadows", (on) => change(model, { shadows: on }));
  const longer = act("All × 10", () => scale(10));
  const shorter = act("All ÷ 10", () => scale(0.1));
  const reverse = act("Reverse the order", () => turned(valuesOf(model, STATE)));
  const repeat = act("Repeat", () => ({ rounds: model.get("rounds") + 1 }));
  const all = [looker, shadows, longer, shorter, reverse, repeat, act("Reset", () => first)];
  const show = (state) => {
    looker.show(state.labels, state.looker);
    shadows.show(state.shadows);
    longer.show(scaled(10) !== null);
    shorter.show(scaled(0.1) !== null);
    repeat.show(state.rounds < MOST_ROUNDS);
  };
  return { node: element("div", { class: "aw-controls" }, ...all), show };
}

// What the model says, what follows from it for the drawing, and the arrows as they are by now.
function stateOf(model) {
  const values = valuesOf(model, STATE), history = historyOf(values);
  const named = { labels: labelsOf(values.words), colours: coloursOf(values.words) };
  return { ...values, ...named, history, vectors: history.at(-1) };
}

function render({ model, el }) {
  const T = model.get("words").length;
  let reach = 0, held = null, dragging = false, rounds = 0, shown = null, stop = () => {};

  const get = (j) => stateOf(model).vectors[j];
  const moveTo = (j, vector, farthest) => {
    held = j;
    const vectors = stateOf(model).vectors.with(j, tidied(vector, farthest));
    change(model, { rounds: 0, vectors });
  };
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
  table.node.addEventListener("focusout", draw); // what was half typed gives way
  const controls = makeControls(model, () => { held = null; });
  const sum = element("p"), said = element("p");

  function drawScene(state) {
    stop();
    const paint = (vectors) => {
      shown = vectors;
      const then = { ...state, vectors, history: state.history.with(-1, vectors) };
      scene.replaceChildren(...drawPaper(then, mixtureOf(then), reach, held));
    };
    if (state.rounds > rounds && shown) stop = glide(shown, state.vectors, paint);
    else paint(state.vectors);
    rounds = state.rounds;
  }
  function draw() {
    const state = stateOf(model), mixture = mixtureOf(state);
    if (!dragging) reach = reachOf(state.history[0], reach); // no closer look at what shrinks
    drawScene(state);
    fillGrips(grips, state, mixture, reach);
    fillTable(table, state, mixture);
    controls.show(state);
    sum.textContent = writtenOut(state, mixture);
    said.setAttribute("aria-live", dragging ? "off" : "polite");
    said.textContent = saidOf(state, mixture, held);
  }
  const hint =
    "Drag a tip; or move it by the arrow keys, a tenth a step, with shift a hundredth; " +
    "or type its numbers. Repeat makes every word its context.";
  const numbers = element("div", { class: "aw-scroll" }, table.node);
  const acting = element("div", {}, paper, controls.node); // what acts beside what moves
  const readable = element("div", {}, numbers, said, sum, element("p", { class: "aw-hint" }, hint));
  place(el, element("div", { class: "aw-sides" }, acting, readable));
  draw();
  return onChange(model, STATE, draw);
}

export default { render };

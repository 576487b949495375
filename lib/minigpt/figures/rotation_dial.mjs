// A query and a key at their places: each pair of their numbers as a hand on a dial, and the score.
import { dot } from "./maths.mjs";
import {
  button, change, chooser, element, number, onChange, place, slider, svg, valuesOf,
} from "./drawing.mjs";
import { arrow, labels, path, segment } from "./paper.mjs";

const STATE = ["q", "k", "i", "j", "base", "way"];
const LAST = 40; // places are 0 to 40
const WAYS = ["turned", "added"], SAID = ["turned: rotary", "added: sinusoids"];

export function pairsOf(x) {
  return x.flatMap((a, c) => (c % 2 ? [] : [[a, x[c + 1]]]));
}

// Radians a place, pair by pair.
export function speedsOf({ q, base }) {
  return pairsOf(q).map((_, c) => base ** ((-2 * c) / q.length));
}

// The pairs of x at a place: turned by its angle, or with the clock's hand added.
export function placed(state, x, at) {
  const speeds = speedsOf(state);
  return pairsOf(x).map(([a, b], c) => {
    const cos = Math.cos(at * speeds[c]), sin = Math.sin(at * speeds[c]);
    return state.way === "added" ? [a + sin, b + cos] : [a * cos - b * sin, a * sin + b * cos];
  });
}

// Of each pair, the product of query and key; the score is their sum.
export function productsOf(state, i = state.i, j = state.j) {
  const q = placed(state, state.q, i), k = placed(state, state.k, j);
  return q.map((pair, c) => dot(pair, k[c]));
}

export function scoreOf(state, i = state.i, j = state.j) {
  return productsOf(state, i, j).reduce((a, b) => a + b);
}

// The score at every distance from -40 to 40, the key staying where it is.
export function curveOf(state) {
  const distances = Array.from({ length: 2 * LAST + 1 }, (_, n) => n - LAST);
  return distances.map((n) => scoreOf(state, state.j + n, state.j));
}

export function apart({ i, j }) {
  const n = Math.abs(i - j), places = `${n} ${n === 1 ? "place" : "places"}`;
  return i === j ? "in the same place" : `${places} ${i > j ? "after" : "before"} the key`;
}

export function saidOf(state) {
  const where = `The query stands at ${state.i}, the key at ${state.j}: the query ${apart(state)}.`;
  const parts = productsOf(state).map((product) => number(product));
  const sum = `${parts.join(" + ")} = ${number(scoreOf(state))}`;
  return `${where} Score ${sum}.`.replaceAll("+ \u2212", "\u2212 ");
}

// ---- what is drawn

const longest = (pairs) => Math.max(...pairs.map(([a, b]) => Math.hypot(a, b)));

// What one unit measures on the dials: they stay as they are while the words move.
function unitOf({ q, k, way }) {
  return 130 / (longest([...pairsOf(q), ...pairsOf(k)]) + (way === "added"));
}

// Names that can be read on a telephone, where a dial is some 150 pixels wide.
function large(names) {
  const times = 2.3, there = (c) => 200 + (c - 200) / times;
  const about = `translate(200 200) scale(${times}) translate(-200 -200)`;
  return svg("g", { transform: about }, ...labels(names.map((name) => ({ ...name, tip: name.tip.map(there) }))));
}

function makeDial() {
  const title = element("figcaption"), drawing = svg("svg", { viewBox: "0 0 400 400", "aria-hidden": "true" });
  const node = element("div", { class: "aw-dial" }, title, drawing);
  node.show = (words, marks) => {
    title.textContent = words;
    drawing.replaceChildren(...marks);
  };
  return node;
}

function dialMarks(state, c) {
  const unit = unitOf(state), at = ([a, b]) => [200 + unit * a, 200 - unit * b];
  const round = (r) => svg("circle", { class: "aw-round", cx: 200, cy: 200, r: unit * r });
  const tipOf = (x, where) => at(placed(state, x, where)[c]);
  const hand = (x, name, where) => {
    const old = at(pairsOf(x)[c]), tip = tipOf(x, where);
    const from = segment(state.way === "added" ? old : [200, 200], state.way === "added" ? tip : old, { class: "aw-drop" });
    return svg("g", { class: `aw-hand-${name}` }, from, arrow(tip, {}));
  };
  const rounds = [pairsOf(state.q)[c], pairsOf(state.k)[c]].map((pair) => round(Math.hypot(...pair)));
  const cross = [segment([20, 200], [380, 200], { class: "aw-rule" }), segment([200, 20], [200, 380], { class: "aw-rule" })];
  const names = large([
    { tip: tipOf(state.q, state.i), text: "q", class: "aw-hand-q" },
    { tip: tipOf(state.k, state.j), text: "k", class: "aw-hand-k" },
  ]);
  return [...cross, ...rounds, hand(state.q, "q", state.i), hand(state.k, "k", state.j), names];
}

// No score lies farther from 0 than this, wherever query and key stand.
export function mostOf({ q, k, way }) {
  const [one, other] = [q, k].map((x) => pairsOf(x).map((pair) => Math.hypot(...pair) + (way === "added")));
  return dot(one, other);
}

function curveMarks(state) {
  const most = mostOf(state), at = (n, score) => [206 + 4.5 * n, 75 - (60 * score) / most];
  const [cx, cy] = at(state.i - state.j, scoreOf(state));
  const tick = ([x, y], words, anchor) =>
    svg("text", { class: "aw-tick", x, y: y + 4, "text-anchor": anchor }, words);
  const below = [-LAST, -20, 0, 20, LAST].map((n) => tick([at(n, 0)[0], 150], number(n, 0), "middle"));
  const beside = [-most, 0, most].map((score) => tick([22, at(0, score)[1]], number(score, 1), "end"));
  return [
    ...[-most, most].map((score) => segment(at(-LAST, score), at(LAST, score), { class: "aw-rule" })),
    segment(at(-LAST, 0), at(LAST, 0), { class: "aw-axis" }),
    segment(at(0, -most), at(0, most), { class: "aw-rule" }),
    path(curveOf(state).map((score, n) => at(n - LAST, score)), { class: "aw-way" }),
    svg("circle", { class: "aw-now", cx, cy, r: 5 }), ...below, ...beside,
  ];
}

function makeControls(model) {
  const move = (by) => change(model, { i: model.get("i") + by, j: model.get("j") + by });
  const words = (value) => number(value, 0);
  const place = (name, label) =>
    slider({ label, min: 0, max: LAST, step: 1, words, oninput: (value) => change(model, { [name]: value }) });
  const i = place("i", "place of the query"), j = place("j", "place of the key");
  const steps = [-10, -1, 1, 10];
  const both = steps.map((by) => button(`Both ${by > 0 ? "on" : "back"} by ${Math.abs(by)}`, () => move(by)));
  const way = chooser("places are", WAYS.length, (n) => change(model, { way: WAYS[n] }));
  const show = (state) => {
    i.show(state.i);
    j.show(state.j);
    way.show(SAID, WAYS.indexOf(state.way));
    const fits = (by) => [state.i, state.j].every((at) => at + by >= 0 && at + by <= LAST);
    steps.forEach((by, n) => both[n].show(fits(by)));
  };
  const rows = [[i, j], both, [way]].map((row) => element("div", { class: "aw-controls" }, ...row));
  return { rows, show };
}

function render({ model, el }) {
  const controls = makeControls(model), words = element("p", { "aria-live": "polite" });
  const dials = pairsOf(model.get("q")).map(makeDial);
  const curve = svg("svg", { class: "aw-curve", viewBox: "-12 0 412 162", "aria-hidden": "true" });
  const about = "Score by distance (query minus key), the key staying in its place; the dot is now.";

  function draw() {
    const state = valuesOf(model, STATE), speeds = speedsOf(state), products = productsOf(state);
    dials.forEach((dial, c) => {
      const said = `pair ${c + 1}, ${number(speeds[c], 2)} radians a place: ${number(products[c])}`;
      dial.show(said, dialMarks(state, c));
    });
    curve.replaceChildren(...curveMarks(state));
    words.textContent = saidOf(state);
    controls.show(state);
  }
  place(el, element("div", { class: "aw-dials" }, ...dials), words, ...controls.rows,
    element("p", { class: "aw-hint" }, about), curve);
  draw();
  return onChange(model, STATE, draw);
}

export default { render };

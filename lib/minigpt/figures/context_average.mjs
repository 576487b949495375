// The words around one word, loud or silent: where their average lies among the word's senses.
import { averagedOf, bordersOf, onPlane, planeOf, verdictOf } from "./averaging.mjs";
import { button, change, chooser, element, number, onChange, place, svg, valuesOf } from "./drawing.mjs";
import { framed, glide, labels, onPaper, segment, star } from "./paper.mjs";

const STATE = [
  "words", "vectors", "target", "senses", "centroids", "sentences", "weightings", "given", "chosen",
  "weights",
];

const STAR = 13; // from its middle

// Where everything falls on the paper, and how far the paper reaches.
function laidOut(state, { x, average }) {
  const plane = planeOf(state.centroids), on = (vector) => onPlane(vector, plane);
  const words = x.map(on), middles = state.centroids.map(on);
  const reach = 1.25 * Math.max(...[...words, ...middles].flat().map(Math.abs));
  return { words, middles, reach, average: average && on(average) };
}

// The room of the star, as of a name.
function starred([x, y]) {
  return { x: x - STAR, y: y + STAR / 2, width: 2 * STAR };
}

function drawPaper(state, found, { words, middles, reach, average }, middle, before) {
  const at = (point) => onPaper(point, reach);
  const weights = state.weights[state.chosen];
  const dot = (point, size) => {
    const [cx, cy] = at(point);
    return svg("circle", { cx, cy, r: size });
  };
  const kind = (i) => (weights[i] > 0 ? "" : "aw-silent"), sense = (i) => `aw-sense aw-sense-${i}`;
  const named = [
    ...middles.map((point, i) => ({ tip: at(point), text: state.senses[i].toUpperCase(), class: sense(i) })),
    ...words.map((point, i) => ({ tip: at(point), text: found.labels[i], class: kind(i) })),
  ];
  const taken = average ? [starred(at(average))] : [];
  const lines = bordersOf(middles, 3 * reach).map(([a, b]) => segment(at(a), at(b), { class: "aw-even" }));
  return [
    framed(...lines),
    ...labels(named, taken),
    ...words.map((point, i) => svg("g", { class: kind(i) }, dot(point, 2.5 + 2.5 * weights[i]))),
    ...middles.map((point, i) => svg("g", { class: sense(i) }, dot(point, 6))),
    ...(before ? [star(at(before), { class: "aw-star aw-hollow" })] : []),
    ...(middle ? [star(at(middle), { class: "aw-star" })] : []),
  ];
}

// A row a word: on or off, how loud, its share of the average, and what it scores for each sense.
function makeRow(set) {
  const box = element("input", { type: "checkbox", onchange: () => set(box.checked ? 1 : 0) });
  const oninput = () => set(Number(range.value));
  const range = element("input", { type: "range", min: 0, max: 1, step: 0.05, oninput });
  const name = element("span"), cells = Array.from({ length: 4 }, () => element("td"));
  const head = element("th", { scope: "row" }, element("label", {}, box, name));
  const line = element("tr", {}, head, element("td", {}, range), ...cells);
  return { line, box, range, name, cells };
}

function fillRow({ box, range, name, cells }, label, weight, share, scores) {
  name.textContent = label;
  box.checked = weight > 0;
  range.value = weight;
  range.setAttribute("aria-label", `weight of ${label}`);
  range.setAttribute("aria-valuetext", `${number(weight, 2)}, share ${number(share, 2)}`);
  cells[0].textContent = number(share, 2);
  fillScores(cells.slice(1), scores);
}

// The highest of three stands out, and not by its colour.
function fillScores(cells, scores) {
  cells.forEach((cell, i) => {
    cell.textContent = scores ? number(scores[i], 2) : "–";
    cell.classList.toggle("aw-best", Boolean(scores) && scores[i] === Math.max(...scores));
  });
}

function makeTable(senses) {
  const heads = ["word", "weight", "share", ...senses].map((text) => element("th", { scope: "col" }, text));
  const body = element("tbody"), sums = senses.map(() => element("td"));
  const name = element("th", { scope: "row" }, "average"), gaps = [element("td"), element("td")];
  const foot = element("tfoot", {}, element("tr", {}, name, ...gaps, ...sums));
  const head = element("thead", {}, element("tr", {}, ...heads));
  return { node: element("table", { class: "aw-ballot" }, head, body, foot), body, sums };
}

function makeControls(model, names, reset) {
  const first = valuesOf(model, STATE), choose = (i) => { reset(); change(model, { chosen: i }); };
  const sentence = chooser("sentence", names.length, choose);
  const start = (weights) => change(model, { weights: model.get("weights").with(model.get("chosen"), weights) });
  const starts = first.weightings.map((name, n) => button(name, () => start(first.given[n][model.get("chosen")])));
  const show = () => sentence.show(names, model.get("chosen"));
  const legend = element("legend", {}, "weights:");
  return { node: element("div", { class: "aw-controls" }, sentence, element("fieldset", {}, legend, ...starts)), show };
}

function render({ model, el }) {
  let rows = [], shown = null, before = null, sentence = null, stop = () => {};
  const { words, sentences, senses } = valuesOf(model, STATE);
  const names = sentences.map((places) => places.map((row) => words[row]).join(" "));
  const scene = svg("g", { "aria-hidden": "true" });
  const paper = svg("svg", { class: "aw-paper aw-senses", viewBox: "0 0 400 400", "aria-hidden": "true" }, scene);
  const table = makeTable(senses), controls = makeControls(model, names, () => { shown = null; });
  const said = element("p", { "aria-live": "polite" }), near = element("p");

  const set = (i, weight) => {
    const { weights, chosen } = valuesOf(model, ["weights", "chosen"]);
    change(model, { weights: weights.with(chosen, weights[chosen].with(i, weight)) });
  };
  function rebuild(chosen) {
    rows = sentences[chosen].map((_, i) => makeRow((weight) => set(i, weight)));
    table.body.replaceChildren(...rows.map(({ line }) => line));
    [sentence, shown, before] = [chosen, null, null];
  }
  function drawScene(state, found) {
    stop();
    const spots = laidOut(state, found), to = spots.average;
    const paint = ([middle]) => scene.replaceChildren(...drawPaper(state, found, spots, middle, before));
    before = shown;
    if (to && shown) stop = glide([shown], [to], paint);
    else paint([to]);
    shown = to;
  }
  function draw() {
    const state = valuesOf(model, STATE), found = averagedOf(state), { chosen } = state;
    if (chosen !== sentence) rebuild(chosen);
    drawScene(state, found);
    rows.forEach((row, i) => fillRow(
      row, found.labels[i], state.weights[chosen][i], found.shares?.[i] ?? 0, found.wordScores[i],
    ));
    fillScores(table.sums, found.scores);
    said.textContent = verdictOf(state, found);
    const cosines = found.near.map(([word, cosine]) => `${word} ${number(cosine, 2)}`).join(", ");
    near.textContent = found.near.length ? `Nearest words: ${cosines}.` : "";
    controls.show();
  }
  const hint =
    "The star is the average; the hollow one, where it was before. On the dashed lines two senses " +
    "tie. A word's box switches it, its slider says how loud it is.";
  const scroll = element("div", { class: "aw-scroll" }, table.node);
  const readable = element("div", {}, scroll, said, near, element("p", { class: "aw-hint" }, hint));
  place(el, controls.node, element("div", { class: "aw-sides" }, element("div", {}, paper), readable));
  draw();
  return onChange(model, STATE, draw);
}

export default { render };

// King - man + woman in the plane of the three, or all words on a map; and both while they learn.
import {
  PAPER, cosinesOf, inputsOf, isSum, namesAt, nearestOf, pointsOf, rankingOf, saidAbout,
} from "./analogies.mjs";
import {
  button, change, chooser, element, number, onChange, place, slider, svg, toggle, valuesOf,
} from "./drawing.mjs";
import { glide, segment, star } from "./paper.mjs";

const VALUES = ["words", "groups", "vectors", "moments", "axes", "moment", "view", "a", "b", "c", "exclude"];
const SHOWN = 6, PAUSE = 700; // rows of the table; milliseconds between two moments

const stateNow = (model) => valuesOf(model, VALUES);

// An arrow from point to point, its head at the end.
function step(from, to, attributes) {
  const gap = to.map((c, i) => c - from[i]), length = Math.hypot(...gap);
  if (length < 1) return svg("g");
  const along = gap.map((c) => c / length), head = Math.min(12, length);
  const back = (side) => [0, 1].map((i) => to[i] - head * (along[i] - (i ? 0.4 : -0.4) * side * along[1 - i]));
  const tip = svg("polygon", { points: [to, back(1), back(-1)].map((p) => p.join(",")).join(" ") });
  return svg("g", attributes, segment(from, back(0), { class: "aw-shaft" }), tip);
}

// The step from a to c, and the same step from b; and the way to the winner.
function drawSum(state, points) {
  const { a, b, c, exclude } = state, target = points.at(-1);
  const side = { class: "aw-drop aw-word-3" }, winner = points[nearestOf(state, exclude)];
  return [
    segment(points[a], points[b], side), segment(points[c], target, side),
    step(points[a], points[c], { class: "aw-word-2" }), step(points[b], target, { class: "aw-word-2" }),
    segment(target, winner, { class: "aw-even" }),
    star(target, { class: "aw-star" }),
  ];
}

function drawMap(state, points) {
  const near = rankingOf(state).slice(0, SHOWN - 1);
  return near.map((row) => segment(points[state.b], points[row], { class: "aw-even" }));
}

function drawSheet(state, points) {
  const { words, groups, b, exclude } = state, inputs = isSum(state) ? inputsOf(state) : [b];
  const winner = isSum(state) ? nearestOf(state, exclude) : null;
  const spots = namesAt(points.slice(0, words.length), words);
  const kind = (row) => {
    const bold = inputs.includes(row) || row === winner ? " aw-bold" : "";
    return { class: `aw-word-${groups[row] % 6}${bold}` };
  };
  const name = (word, row) => svg("text", { x: spots[row][0], y: spots[row][1], ...kind(row) }, word);
  const dot = (_, row) => svg("circle", { cx: points[row][0], cy: points[row][1], r: 4, ...kind(row) });
  const lines = (isSum(state) ? drawSum : drawMap)(state, points);
  return [...lines, ...words.map(name), ...words.map(dot)];
}

function fillRanking(body, state) {
  const { words, exclude } = state, cosines = cosinesOf(state), inputs = inputsOf(state);
  const winner = nearestOf(state, exclude);
  const rows = rankingOf(state).slice(0, SHOWN).map((row) => {
    const input = inputs.includes(row), out = input && exclude;
    const note = row === winner && isSum(state) ? "\u2605 nearest" : out ? "left out" : input ? "an input" : "";
    const name = element("th", { scope: "row" }, out ? element("s", {}, words[row]) : words[row]);
    const cells = [number(cosines[row]), note].map((text) => element("td", {}, text));
    return element("tr", { class: row === winner ? "aw-looker" : null }, name, ...cells);
  });
  body.replaceChildren(...rows);
}

// Plays the training from the beginning, or stops it.
function player(model) {
  let timer = null;
  const halt = () => {
    clearTimeout(timer);
    timer = null;
    node.textContent = "Play";
  };
  const next = () => {
    const moment = model.get("moment") + 1;
    if (moment >= model.get("vectors").length || !node.isConnected) return halt();
    change(model, { moment });
    timer = setTimeout(next, PAUSE);
  };
  const node = button("Play", () => {
    if (timer) return halt();
    change(model, { moment: 0 });
    node.textContent = "Stop";
    timer = setTimeout(next, PAUSE);
  });
  return { node, halt };
}

function makeChoices(model) {
  const { words, moments } = stateNow(model), play = player(model);
  const set = (values) => change(model, values);
  const time = slider({
    label: "Training", min: 0, max: moments.length - 1, step: 1, words: (at) => moments[at],
    oninput: (moment) => { play.halt(); set({ moment }); },
  });
  const view = chooser("See", 2, (at) => set({ view: ["sum", "map"][at] }));
  const [b, a, c] = ["b", "a", "c"].map((name) => chooser("", words.length, (row) => set({ [name]: row })));
  const lead = b.firstChild;
  a.firstChild.textContent = "\u2212";
  c.firstChild.textContent = "+";
  const exclude = toggle("exclude the inputs", (on) => set({ exclude: on }));
  const sum = element("div", { class: "aw-controls aw-sum" }, b, a, c);
  const node = element("div", {}, sum, element("div", { class: "aw-controls" }, exclude, view, time, play.node));
  const show = (state) => {
    for (const [name, part] of Object.entries({ a, b, c })) part.show(words, state[name]);
    lead.textContent = isSum(state) ? "" : "Neighbours of";
    b.lastChild.setAttribute("aria-label", isSum(state) ? "b, from which the step is taken" : "Neighbours of");
    a.lastChild.setAttribute("aria-label", "a, which is taken away");
    c.lastChild.setAttribute("aria-label", "c, which is added");
    for (const part of [a, c, exclude]) part.hidden = !isSum(state);
    view.show(["the sum", "the map"], isSum(state) ? 0 : 1);
    exclude.show(state.exclude);
    time.show(state.moment);
  };
  return { node, show };
}

function render({ model, el }) {
  let shown = null, stop = () => {};
  const scene = svg("g", { "aria-hidden": "true" });
  const size = { viewBox: `0 0 ${PAPER.join(" ")}`, role: "img", "aria-label": "The words as points in a plane" };
  const sheet = svg("svg", { class: "aw-paper aw-sheet", ...size }, scene);
  const heads = ["word", "cosine", ""].map((text) => element(text ? "th" : "td", text ? { scope: "col" } : {}, text));
  const body = element("tbody");
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...heads)), body);
  const choices = makeChoices(model), said = element("p", { "aria-live": "polite" });

  function draw() {
    const state = stateNow(model), points = pointsOf(state);
    stop();
    const paint = (at) => {
      shown = at;
      scene.replaceChildren(...drawSheet(state, at));
    };
    if (shown?.length === points.length) stop = glide(shown, points, paint);
    else paint(points);
    fillRanking(body, state);
    choices.show(state);
    said.textContent = saidAbout(state);
  }
  const numbers = element("div", {}, said, table);
  const acting = element("div", {}, sheet);
  place(el, choices.node, element("div", { class: "aw-sides aw-plane" }, acting, numbers));
  draw();
  return onChange(model, VALUES, draw);
}

export default { render };

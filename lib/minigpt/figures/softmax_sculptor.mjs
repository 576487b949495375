// Scores to be pushed about, and what the softmax makes of them.
import { entropy, roundUp, softmax } from "./maths.mjs";
import {
  button, change, chooser, element, number, onChange, place, slider, svg, toggle, valuesOf,
} from "./drawing.mjs";
import { WIDTHS, drawFading, fine } from "./fading.mjs";
import { keepTopK, keepTopP } from "./filters.mjs";

const STATE = ["labels", "scores", "temperature", "chosen", "d", "scaled", "top_k", "top_p"];

const within = (score) => Math.max(-1e6, Math.min(1e6, score)); // as in softmax_sculptor.py

// By what a score is multiplied on its way into the softmax.
export function factorOf({ temperature, d, scaled }) {
  return (d === null || scaled ? 1 : Math.sqrt(d)) / temperature;
}

// In the library's order: temperature, top-k, top-p.
export function logitsOf(state) {
  const logits = state.scores.map((score) => score * factorOf(state));
  const top = state.top_k === null ? logits : keepTopK(logits, state.top_k);
  return state.top_p === null ? top : keepTopP(top, state.top_p);
}

// The weights, their entropy in bits, and the slopes: how much the chosen weight moves for each
// unit that a score moves.
export function sculpted(state) {
  const factor = factorOf(state), logits = logitsOf(state), weights = softmax(logits);
  const slope = (weight, j) => factor * weights[state.chosen] * ((j === state.chosen) - weight);
  return { logits, weights, bits: entropy(weights), slopes: weights.map(slope) };
}

// The largest entry of the softmax's own Jacobian, without the factor: a quarter at most. What
// the favourite lacks is added up: by subtraction from 1, a small rest would be lost.
export function sizeOf(state) {
  const weights = softmax(logitsOf(state)), best = weights.indexOf(Math.max(...weights));
  return weights[best] * weights.reduce((rest, weight, j) => rest + (j === best ? 0 : weight), 0);
}

// The same at other widths, divided by their root or not.
export function sizesAt(state, widths, scaled) {
  return widths.map((d) => sizeOf({ ...state, d, scaled }));
}

export function formulaOf({ temperature, d, scaled, top_k, top_p }) {
  const wide = d === null ? "" : ` × √${d}${scaled ? ` ÷ √${d}` : ""}`;
  const filters = [
    ...(top_k === null ? [] : [`then the ${top_k} highest`]),
    ...(top_p === null ? [] : [`then the likeliest, up to ${number(top_p, 2)} of the whole`]),
  ];
  return [`weights = softmax(scores${wide} ÷ ${number(temperature, 2)})`, ...filters].join(", ");
}

export function summaryOf(state) {
  const { labels, d } = state, { weights, bits, slopes } = sculpted(state);
  const most = Math.max(...weights), steepest = Math.max(...slopes.map(Math.abs));
  const best = labels.filter((_, j) => most - weights[j] < 1e-9).join(" and ");
  return [
    `Entropy ${number(bits)} bits: as unsure as a choice among ${number(2 ** bits, 2)} equal options.`,
    `Largest weight ${number(most)}, of ${best}; largest slope ${fine(steepest)}.`,
    ...(d === null ? [] : [`The Jacobian's largest entry is ${fine(sizeOf(state))}.`]),
  ].join(" ");
}

// ---- what is drawn

function makeBar() {
  const fill = element("div", { class: "aw-bar", "aria-hidden": "true" }), words = element("span");
  const node = element("td", {}, words, fill);
  node.show = (share, said) => {
    fill.style.width = `${100 * Math.min(1, Math.abs(share))}%`;
    fill.classList.toggle("aw-below", share < 0);
    words.textContent = said;
  };
  return node;
}

// A row a label: its score as a slider and in digits, its weight and its slope as bars.
function makeRow(i, set) {
  const acts = { oninput: (event) => event.target.value && set(i, event.target.valueAsNumber) };
  const range = element("input", { type: "range", ...acts });
  const digits = element("input", { type: "number", step: 0.1, ...acts });
  const name = element("th", { scope: "row" }), weight = makeBar(), slope = makeBar();
  const score = element("td", {}, element("div", { class: "aw-pushed" }, range, digits));
  return { node: element("tr", {}, name, score, weight, slope), name, range, digits, weight, slope };
}

function fillRow(row, { label, score, weight, slope, cut, chosen }, reach) {
  const { node, name, range, digits } = row;
  name.textContent = label;
  node.classList.toggle("aw-looker", chosen);
  Object.assign(range, { min: -reach, max: reach, step: reach / 40 });
  for (const input of [range, digits]) {
    input.setAttribute("aria-label", `score of ${label}`);
    if (input === range || !input.matches(":focus")) input.value = score;
  }
  range.setAttribute("aria-valuetext", `${number(score, 2)}; weight ${cut ? "cut" : number(weight)}`);
  row.weight.show(weight, cut ? "cut" : number(weight));
  row.slope.show(2 * slope, fine(slope)); // a full bar is 0.5
}

// What each slider shows of its setting, and back; a setting that is null has no slider.
const same = (value) => value;
const tenTo = (log) => Number((10 ** log).toPrecision(2)), twoTo = (log) => 2 ** log;
const SLIDERS = {
  temperature: { min: -1, max: 1, step: 0.05, from: Math.log10, to: tenTo, digits: 2 },
  d: { label: "numbers in a vector, d", max: 12, step: 1, from: Math.log2, to: twoTo, digits: 0 },
  top_k: { label: "top-k", min: 1, step: 1, digits: 0 },
  top_p: { label: "top-p", min: 0.05, max: 1, step: 0.05, digits: 2 },
};

function makeSliders(model) {
  const max = model.get("labels").length, given = (name) => model.get(name) !== null;
  return Object.keys(SLIDERS).filter(given).map((name) => {
    const all = { label: name, min: 0, max, from: same, to: same, ...SLIDERS[name] };
    const { from, to, digits, ...range } = all;
    const words = () => number(model.get(name), digits);
    const oninput = (value) => change(model, { [name]: to(value) });
    const node = slider({ ...range, words, oninput });
    return { node, show: () => node.show(from(model.get(name))) };
  });
}

function makeControls(model) {
  const first = valuesOf(model, STATE), sliders = makeSliders(model);
  const raised = () => model.get("scores").map((score) => within(score + 100));
  const chosen = chooser("slope of", first.labels.length, (i) => change(model, { chosen: i }));
  const scaled = toggle("divide by √d", (on) => change(model, { scaled: on }));
  const raise = button("All + 100", () => change(model, { scores: raised() }));
  const reset = button("Reset", () => change(model, first));
  const wide = first.d === null ? [] : [scaled];
  const all = [...sliders.map((one) => one.node), ...wide, chosen, raise, reset];
  const show = (state) => {
    sliders.forEach((one) => one.show());
    scaled.show(state.scaled);
    chosen.show(state.labels, state.chosen);
  };
  return { node: element("div", { class: "aw-controls" }, ...all), show };
}

function makeTable(rows) {
  const heads = ["score", "weight", "slope"].map((name) => element("th", { scope: "col" }, name));
  const head = element("thead", {}, element("tr", {}, element("td"), ...heads));
  const body = element("tbody", {}, ...rows.map((row) => row.node));
  return { node: element("table", { class: "aw-sculptor" }, head, body), slope: heads[2] };
}

// How the Jacobian fades with the width; no picture where there is no width.
function makeFading({ d }) {
  const box = { viewBox: "0 0 400 222", role: "img", class: "aw-fading" };
  const said = "The Jacobian's largest entry against the width, divided by √d and not divided";
  const paper = svg("svg", { ...box, "aria-label": said });
  const show = (state) => {
    const [divided, plain] = [true, false].map((scaled) => sizesAt(state, WIDTHS, scaled));
    paper.replaceChildren(...drawFading({ divided, plain }, { d: state.d, size: sizeOf(state) }));
  };
  return d === null ? { nodes: [], show: () => {} } : { nodes: [paper], show };
}

function render({ model, el }) {
  let reach = 0;
  const set = (i, score) => change(model, { scores: model.get("scores").with(i, within(score)) });
  const rows = model.get("labels").map((_, i) => makeRow(i, set)), table = makeTable(rows);
  const formula = element("p"), summary = element("p", { "aria-live": "polite" });
  const controls = makeControls(model), fading = makeFading({ d: model.get("d") });

  function draw() {
    const state = valuesOf(model, STATE), { labels, scores, chosen } = state;
    const { logits, weights, slopes } = sculpted(state);
    reach = Math.max(reach, roundUp(Math.max(4, ...scores.map(Math.abs))));
    rows.forEach((row, i) => fillRow(row, {
      label: labels[i], score: scores[i], weight: weights[i], slope: slopes[i],
      cut: logits[i] === -Infinity, chosen: i === chosen,
    }, reach));
    table.slope.textContent = `slope of ${labels[chosen]}`;
    formula.textContent = formulaOf(state);
    summary.textContent = summaryOf(state);
    fading.show(state);
    controls.show(state);
  }
  const hint = "A slope says how much the chosen weight moves for each unit that a score moves.";
  const scroll = element("div", { class: "aw-scroll" }, table.node);
  table.node.addEventListener("focusout", draw); // what was half typed gives way
  const said = element("p", { class: "aw-hint" }, hint);
  place(el, scroll, formula, summary, controls.node, ...fading.nodes, said);
  draw();
  return onChange(model, STATE, draw);
}

export default { render };

// A model's next-token distribution, and what temperature and filters leave of it.
import { entropy, softmax } from "./maths.mjs";
import {
  button, change, chooser, element, number, onChange, place, slider, valuesOf,
} from "./drawing.mjs";
import { keepMinP, keepTopK, keepTopP } from "./filters.mjs";

const STATE = [
  "places", "labels", "logits", "right", "place", "temperature", "top_k", "top_p", "min_p", "order",
];
// As in distribution_sculptor.py.
const ORDERS = [
  ["temperature", "top_k", "top_p", "min_p"],
  ["top_k", "top_p", "min_p", "temperature"],
  ["temperature", "top_p", "top_k", "min_p"],
];
const STEPS = {
  temperature: (logits, by) => logits.map((logit) => logit / by),
  top_k: keepTopK,
  top_p: (logits, p) => (p === 1 ? logits : keepTopP(logits, p)), // all, and no rounding error less
  min_p: keepMinP,
};
const DRAWS = 40; // about as many as a story of the corpus takes

// The probabilities as they came, and after all steps.
export function sharesOf(state) {
  const before = state.logits[state.place];
  const after = ORDERS[state.order].reduce((logits, name) => STEPS[name](logits, state[name]), before);
  return [softmax(before), softmax(after)];
}

// How many tokens stay, how many of the right ones do; the share of the wrong; entropy in bits.
export function countsOf(state) {
  const [, after] = sharesOf(state), right = state.right[state.place];
  const kept = after.filter((share) => share > 0).length;
  const good = after.filter((share, i) => share > 0 && right[i]).length;
  const wrong = after.reduce((sum, share, i) => sum + (right[i] ? 0 : share), 0);
  return [kept, good, wrong, entropy(after)];
}

export function wordsOf(state) {
  const [kept, good, wrong, bits] = countsOf(state), right = state.right[state.place];
  const all = right.filter((good) => good).length;
  return [
    `${kept} of ${right.length} tokens stay: ${good} right ones of ${all}, and ${kept - good} wrong`,
    `ones, whose share is ${number(wrong)}. ${DRAWS} draws like this are all right with`,
    `${number((1 - wrong) ** DRAWS, 2)}. Entropy ${number(bits, 2)} bits.`,
  ].join(" ");
}

// A label, its shares before and after, and whether it is wrong; last, all without a label.
export function rowsOf(state) {
  const labels = state.labels[state.place], n = labels.length, right = state.right[state.place];
  const [before, after] = sharesOf(state);
  const rest = [before, after].map((shares) => shares.slice(n).reduce((a, b) => a + b, 0));
  const rows = labels.map((label, i) => ({ label, shares: [before[i], after[i]], wrong: !right[i] }));
  return [...rows, { label: `${right.length - n} others`, shares: rest, wrong: false }];
}

// ---- what is drawn

function makeShares() {
  const fill = element("div", { class: "aw-bar", "aria-hidden": "true" }), words = element("span");
  const node = element("td", {}, words, fill);
  node.show = (share, most, wrong, said) => {
    fill.style.width = `${(100 * share) / most}%`;
    fill.classList.toggle("aw-below", wrong);
    words.textContent = said;
  };
  return node;
}

function makeLine() {
  const name = element("th", { scope: "row" }), cells = [makeShares(), makeShares()];
  const node = element("tr", {}, name, ...cells);
  node.show = ({ label, shares, wrong }, most) => {
    name.textContent = label;
    shares.forEach((share, i) => {
      const said = i === 1 && share === 0 ? "cut" : number(share);
      cells[i].show(share, most, wrong, wrong ? `${said} wrong` : said);
    });
  };
  return node;
}

const RANGES = {
  temperature: { label: "temperature", min: -0.7, max: 0.7, step: 0.05, digits: 2,
    from: Math.log10, to: (log) => Number((10 ** log).toPrecision(2)) },
  top_k: { label: "top-k", min: 0, max: 10, step: 0.1, digits: 0,
    from: Math.log2, to: (log, n) => Math.min(n, Math.round(2 ** log)) },
  top_p: { label: "top-p", min: 0.05, max: 1, step: 0.05, digits: 2,
    from: (value) => value, to: (value) => value },
  min_p: { label: "min-p", min: 0, max: 0.5, step: 0.02, digits: 2,
    from: (value) => value, to: (value) => value },
};

function makeRange(model, name) {
  const { label, min, max, step, digits, from, to } = RANGES[name];
  const words = () => number(model.get(name), digits);
  const oninput = (value) => change(model, { [name]: to(value, model.get("logits")[0].length) });
  const node = slider({ label, min, max, step, words, oninput });
  return { node, show: () => node.show(from(model.get(name))) };
}

function makePanel(model) {
  const first = valuesOf(model, STATE);
  const where = chooser("after", first.places.length, (i) => change(model, { place: i }));
  const order = chooser("order", ORDERS.length, (i) => change(model, { order: i }));
  const ranges = Object.keys(RANGES).map((name) => makeRange(model, name));
  const reset = button("Reset", () => change(model, first));
  const nodes = [where, ...ranges.map((range) => range.node), order, reset];
  const names = ORDERS.map((steps) => steps.map((step) => step.replace("_", "-")).join(", "));
  const show = (state) => {
    where.show(state.places, state.place);
    order.show(names, state.order);
    ranges.forEach((range) => range.show());
  };
  return { node: element("div", { class: "aw-controls" }, ...nodes), show };
}

function render({ model, el }) {
  const longest = Math.max(...model.get("labels").map((labels) => labels.length));
  const lines = Array.from({ length: longest + 1 }, makeLine);
  const heads = ["as it came", "as it is drawn"].map((name) => element("th", { scope: "col" }, name));
  const head = element("thead", {}, element("tr", {}, element("td"), ...heads));
  const body = element("tbody", {}, ...lines);
  const table = element("table", { class: "aw-sculptor aw-distribution" }, head, body);
  const summary = element("p", { "aria-live": "polite" }), panel = makePanel(model);

  function draw() {
    const state = valuesOf(model, STATE), rows = rowsOf(state);
    const most = Math.max(...rows.flatMap((row) => row.shares));
    lines.forEach((line, i) => {
      line.hidden = i >= rows.length;
      if (i < rows.length) line.show(rows[i], most);
    });
    summary.textContent = wordsOf(state);
    panel.show(state);
  }
  place(el, panel.node, element("div", { class: "aw-scroll" }, table), summary);
  draw();
  return onChange(model, STATE, draw);
}

export default { render };

// The ledger of the stream: what each part wrote at a word, and what became of the guess.
import { change, chooser, element, labelsOf, number, onChange, place, valuesOf } from "./drawing.mjs";

const STATE = ["words", "products", "candidates", "scores", "rest", "eps", "chosen", "line"];
const SHOWN = 4; // candidates
const HEADS = ["line", "adds", "cosine", "stream", "best guess"];

// products[i][j] is the mean over the stream's width of line i times line j, at one word.
export function sizesOf(products) {
  return products.map((row, i) => Math.sqrt(row[i]));
}

// The stream's size after each line.
export function streamsOf(products) {
  const sumTo = (n) => products.slice(0, n).reduce((sum, row) => sum + addUp(row.slice(0, n)), 0);
  return products.map((_, i) => Math.sqrt(sumTo(i + 1)));
}

// Each line against the stream that it is added to; the first against nothing, 0.
export function cosinesOf(products) {
  const sizes = sizesOf(products), streams = streamsOf(products);
  return products.map((row, i) => (i ? addUp(row.slice(0, i)) / sizes[i] / streams[i - 1] : 0));
}

// How much of the end each line is, along its direction: they sum to 1.
export function ledgerShares(products) {
  const sums = products.map(addUp), whole = addUp(sums);
  return sums.map((sum) => sum / whole);
}

// Chances of the candidates, were the model to end after each line.
export function chancesAfter({ products, scores, rest, eps }) {
  const streams = streamsOf(products), sums = scores[0].map(() => 0);
  return scores.map((row, i) => {
    row.forEach((score, k) => (sums[k] += score));
    const logits = sums.map((sum) => sum / Math.sqrt(streams[i] ** 2 + eps));
    const top = Math.max(rest[i], ...logits);
    const raised = logits.map((logit) => Math.exp(logit - top));
    const whole = addUp(raised) + Math.exp(rest[i] - top);
    return raised.map((power) => power / whole);
  });
}

export function lineNames(n) {
  const name = (i) => `${["attention", "MLP"][i % 2]} ${Math.floor(i / 2) + 1}`;
  return ["token", ...Array.from({ length: n - 1 }, (_, i) => name(i))];
}

function addUp(values) {
  return values.reduce((sum, value) => sum + value, 0);
}

// All that stands in one word's ledger, line by line.
export function ledgerOf({ products, candidates, scores, rest, eps, chosen }) {
  const own = { products: products[chosen], scores: scores[chosen], rest: rest[chosen], eps };
  const sizes = sizesOf(own.products), streams = streamsOf(own.products);
  const cosines = cosinesOf(own.products), shares = ledgerShares(own.products);
  const chances = chancesAfter(own);
  return lineNames(sizes.length).map((name, i) => {
    const best = chances[i].indexOf(Math.max(...chances[i]));
    return {
      name, adds: number(sizes[i], 2), cosine: i ? number(cosines[i], 2) : "\u2013",
      stream: number(streams[i], 2), share: number(shares[i], 2), chances: chances[i],
      guess: `${candidates[chosen][best]} ${number(chances[i][best], 2)}`,
    };
  });
}

export function lineSaid(ledger, i) {
  const { name, adds, cosine, stream, share, guess } = ledger[i];
  if (i === 0) return `The token has size ${stream}, and ${share} of the end is its. Best guess: ${guess}.`;
  return `${name} adds ${adds} to ${ledger[i - 1].stream}, cosine ${cosine}, which makes ${stream}; `
    + `${share} of the end. Best guess: ${guess}.`;
}

// Candidates by how likely they are just before or just after the line, and both chances.
export function movesOf(ledger, i, candidates) {
  const now = ledger[i].chances, then = i ? ledger[i - 1].chances : now.map(() => 0);
  const most = (k) => Math.max(now[k], then[k]);
  const order = candidates.map((_, k) => k).sort((a, b) => most(b) - most(a));
  return order.slice(0, SHOWN).map((k) => ({ token: candidates[k], then: then[k], now: now[k] }));
}

// ---- what is drawn

function makeBar(kind) {
  const bar = element("div", { class: `aw-weighed ${kind}` });
  bar.show = (share) => (bar.style.width = `${100 * share}%`);
  return bar;
}

function makeMove() {
  const name = element("th", { scope: "row" }), said = element("td");
  const bars = [makeBar("aw-then"), makeBar("aw-now")];
  const node = element("tr", {}, name, said, element("td", { "aria-hidden": "true" }, ...bars));
  node.show = ({ token, then, now }, first) => {
    name.textContent = token;
    said.textContent = first ? number(now, 2) : `${number(then, 2)} \u2192 ${number(now, 2)}`;
    bars[0].show(then);
    bars[1].show(now);
  };
  return node;
}

function makeLines(names, group, onchoice) {
  const rows = names.map((name, i) => {
    const radio = element("input", { type: "radio", name: group, onchange: () => onchoice(i) });
    const cells = HEADS.slice(1).map(() => element("td"));
    const row = element("tr", {}, element("th", { scope: "row" }, element("label", {}, radio, name)), ...cells);
    row.show = (line, chosen) => {
      radio.checked = chosen;
      row.classList.toggle("aw-this", chosen);
      [line.adds, line.cosine, line.stream, line.guess].forEach((text, n) => (cells[n].textContent = text));
    };
    return row;
  });
  const heads = HEADS.map((head) => element("th", { scope: "col" }, head));
  const body = element("tbody", {}, ...rows);
  const node = element("table", { class: "aw-ledger" }, element("thead", {}, element("tr", {}, ...heads)), body);
  return { node, rows };
}

function render({ model, el }) {
  const words = labelsOf(model.get("words")), names = lineNames(model.get("products")[0].length);
  const choose = chooser("ledger of", words.length, (chosen) => change(model, { chosen }));
  const table = makeLines(names, `aw-line-${Math.random()}`, (line) => change(model, { line }));
  const said = element("p", { "aria-live": "polite" });
  const moves = Array.from({ length: Math.min(SHOWN, model.get("candidates")[0].length) }, makeMove);
  const caption = element("caption", {}, "next token: chance before this line \u2192 after it");
  const after = element("table", { class: "aw-ledger aw-moves" }, caption, element("tbody", {}, ...moves));

  function draw() {
    const state = valuesOf(model, STATE), ledger = ledgerOf(state);
    choose.show(words, state.chosen);
    table.rows.forEach((row, i) => row.show(ledger[i], i === state.line));
    said.textContent = lineSaid(ledger, state.line);
    const moved = movesOf(ledger, state.line, state.candidates[state.chosen]);
    moves.forEach((row, n) => row.show(moved[n], state.line === 0));
  }
  place(el, element("div", { class: "aw-controls" }, choose), element("div", { class: "aw-scroll" }, table.node),
    said, after);
  draw();
  return onChange(model, STATE, draw);
}

export default { render };

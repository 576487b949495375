// Every number of one attention: choose one, and see the numbers that made it.
import { change, element, onChange, place } from "./drawing.mjs";
import { roam } from "./roaming.mjs";
import { cellName, columnName, follow, line, originsOf, rowName, shown, trace, tracing } from "./tracing.mjs";

// In the order of their making, which is that of the tab key; the style puts a product to the
// right of its left factor and below its right one.
function captionsOf({ scaled, matrices }) {
  return {
    x: "x", w_q: "w_q", q: "q = x @ w_q", w_k: "w_k", k: "k = x @ w_k", w_v: "w_v", v: "v = x @ w_v",
    scores: `scores = q @ k.T${scaled ? ` / √${matrices.q[0].length}` : ""}`,
    weights: "weights = softmax(scores)", context: "context = weights @ v",
  };
}

const FIRST = ["x", "w_q", "q", "w_k", "k", "w_v", "v"]; // the rest comes below
const GIVEN = ["x", "w_q", "w_k", "w_v"];
const markOf = (i) => String.fromCharCode(97 + (i % 26)); // a, b, c: a pair has one letter

// A matrix as a grid, and its cells; `choose` is told which one was clicked.
function grid(numbers, name, caption, choose) {
  const matrix = numbers.matrices[name];
  const cells = matrix.map((row, i) => row.map((_, j) => {
    const act = () => choose([name, i, j]);
    return element("td", { class: "aw-cell", tabindex: "-1", onclick: act }, shown(numbers, [name, i, j]));
  }));
  const heads = matrix[0].map((_, j) => element("th", { scope: "col" }, columnName(numbers, name, j)));
  const rows = cells.map((row, i) => {
    return element("tr", {}, element("th", { scope: "row" }, rowName(numbers, name, i)), ...row);
  });
  const press = (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      event.target.click();
    } else roam(event, cells);
  };
  const table = element(
    "table", { class: "aw-matrix", role: "grid", onkeydown: press },
    element("caption", {}, element("code", {}, caption)),
    element("thead", {}, element("tr", {}, element("td"), ...heads)), element("tbody", {}, ...rows),
  );
  return { cells, node: element("div", { class: `aw-scroll aw-at-${name}` }, table) };
}

function render({ model, el }) {
  const matrices = element("div", { class: "aw-tracer" });
  const trailList = element("ol", { class: "aw-trail", "aria-label": "The way here" });
  const words = element("p"), sum = element("p", { class: "aw-line", role: "toolbar", "aria-label": "The sum" });
  const live = element("p", { class: "aw-unseen", "aria-live": "polite" });
  const panel = element("div", { class: "aw-trace aw-stays" }, trailList, words, sum, live);
  const box = element("input", { type: "checkbox", onchange: () => change(model, { scaled: box.checked }) });
  const root = element("span");
  const back = element("input", { type: "checkbox", onchange: () => draw() });
  const hint = "Choose a number: its parents light up, in pairs a, b, c. Choose one of them " +
    "to go on. Keys: tab, arrows, enter.";
  const controls = element(
    "div", { class: "aw-controls" },
    element("p", { class: "aw-hint" }, hint), element("label", {}, box, root),
    element("label", {}, back, element("span", {}, "all the way back")),
  );
  let numbers, grids, trail = [];

  // The panel grows with the line, and must not cover the number that was chosen.
  const choose = (cell) => {
    change(model, { cell });
    nodeOf(cell).style.scrollMarginBottom = `${panel.offsetHeight}px`;
    nodeOf(cell).scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const nodeOf = ([name, i, j]) => grids[name].cells[i][j];

  function build() {
    numbers = tracing(Object.fromEntries(DATA.map((name) => [name, model.get(name)])));
    const captions = captionsOf(numbers);
    grids = {};
    for (const name in captions) grids[name] = grid(numbers, name, captions[name], choose);
    const nodes = (names) => names.map((name) => grids[name].node);
    const rest = Object.keys(captions).filter((name) => !FIRST.includes(name));
    matrices.replaceChildren(
      element("div", { class: "aw-products" }, controls, ...nodes(FIRST)),
      element("div", { class: "aw-mixing" }, ...nodes(rest)),
    );
    root.textContent = `divide the scores by √${numbers.matrices.q[0].length}`;
    box.checked = numbers.scaled;
    trail = [];
    draw();
  }

  function draw() {
    const cell = model.get("cell"), made = trace(numbers, cell);
    if (String(trail.at(-1)) !== String(cell)) trail = follow(numbers, trail, cell);
    light(cell, made.terms);
    const within = panel.matches(":focus-within");
    trailList.replaceChildren(...trail.map((past) => element("li", {}, link(past, cellName(numbers, past)))));
    trailList.hidden = trail.length === 1;
    trailList.lastChild.firstChild.setAttribute("aria-current", "step");
    words.textContent = made.how + (back.checked ? ` ${countOf(cell)}` : "");
    write(cell, made.terms);
    if (within) (sum.querySelector("button") ?? trailList.lastChild.firstChild).focus();
    live.textContent = `${words.textContent} ${made.text}`;
  }

  function countOf(cell) {
    const count = GIVEN.reduce((n, name) => n + numbers.matrices[name].flat().length, 0);
    const given = originsOf(numbers, cell).filter(([name]) => GIVEN.includes(name));
    return `All the way back, ${given.length} of the ${count} given numbers have a hand in it.`;
  }

  // The tab stop of each matrix is what it has to do with the chosen number.
  function light(cell, terms) {
    for (const { cells } of Object.values(grids)) {
      cells.flat().forEach((node) => {
        node.className = "aw-cell";
        node.tabIndex = -1;
        delete node.dataset.mark;
        node.setAttribute("aria-selected", "false");
      });
      cells[0][0].tabIndex = 0;
    }
    if (back.checked) originsOf(numbers, cell).forEach((of) => nodeOf(of).classList.add("aw-origin"));
    trail.slice(0, -1).forEach((past) => nodeOf(past).classList.add("aw-past"));
    terms.forEach((pair, i) => pair.forEach((factor, side) => {
      nodeOf(factor).classList.add(side ? "aw-right" : "aw-left");
      nodeOf(factor).dataset.mark = markOf(i);
    }));
    for (const [name, i, j] of [...(terms[0] ?? []), cell]) {
      grids[name].cells[0][0].tabIndex = -1;
      grids[name].cells[i][j].tabIndex = 0;
    }
    nodeOf(cell).classList.add("aw-chosen");
    nodeOf(cell).setAttribute("aria-selected", "true");
  }

  function link(cell, text) {
    return element("button", { type: "button", onclick: () => choose(cell) }, text);
  }

  function write(cell, terms) {
    const buttons = [];
    const nodeFor = (part) => {
      if (Array.isArray(part)) return element("span", { class: "aw-pair" }, ...part.map(nodeFor));
      if (!part.cell) return part;
      const button = link(part.cell, part.text);
      const at = terms.findIndex((pair) => String(pair[0]) === String(part.cell));
      if (at >= 0) button.dataset.mark = markOf(at);
      button.setAttribute("aria-label", `${part.text}, ${cellName(numbers, part.cell)}`);
      button.tabIndex = buttons.push(button) === 1 ? 0 : -1;
      return button;
    };
    sum.replaceChildren(...line(numbers, cell).map(nodeFor));
    sum.onkeydown = (event) => roam(event, [buttons]);
  }

  place(el, matrices, panel);
  build();
  const ends = [onChange(model, DATA, build), onChange(model, ["cell"], draw)];
  return () => ends.forEach((end) => end());
}

const DATA = ["words", "x", "w_q", "w_k", "w_v", "scaled"];

export default { render };

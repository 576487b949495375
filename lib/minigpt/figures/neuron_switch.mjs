// Which neuron holds which fact: neurons to switch off, and what the model answers then.
import { matmul, transpose } from "./maths.mjs";
import { button, change, element, onChange, place, toggle, valuesOf } from "./drawing.mjs";

const STATE = ["subjects", "kinds", "words", "neurons", "answers", "stream", "hidden", "writes", "head", "off"];

// A row for each fact: every word's score, with the neurons in `off` silent.
export function scoresWithout({ stream, hidden, writes, head, off }) {
  const silent = hidden.map((row) => row.map((value, n) => (off.includes(n) ? 0 : value)));
  const added = matmul(silent, writes);
  const whole = stream.map((row, i) => row.map((value, d) => value + added[i][d]));
  return matmul(whole, transpose(head));
}

export function wordsSaid(state) {
  return scoresWithout(state).map((row) => row.indexOf(Math.max(...row)));
}

export function lostIn(state, said) {
  return said.flatMap((word, i) => (word === state.answers[i] ? [] : [i]));
}

export function switchedIn({ neurons, off }, said, lost) {
  const names = off.toSorted((a, b) => a - b).map((n) => neurons[n]);
  return `Off: ${names.join(", ") || "no neuron"}. Right: ${said.length - lost.length} of ${said.length}.`;
}

// ---- what is drawn

function showFact(cell, state, word, right) {
  const wrong = word !== right;
  cell.textContent = wrong ? `✗ ${state.words[word]}` : state.words[word];
  cell.classList.toggle("aw-lost", wrong);
  cell.setAttribute("title", wrong ? `not ${state.words[right]}` : "");
}

function makeFacts({ subjects, kinds, answers }) {
  const cells = answers.map(() => element("td"));
  const top = kinds.map((kind) => element("th", { scope: "col" }, kind));
  const rows = subjects.map((subject, i) => element("tr", {},
    element("th", { scope: "row" }, subject), ...cells.slice(i * kinds.length, (i + 1) * kinds.length)));
  const node = element("table", { class: "aw-facts" },
    element("thead", {}, element("tr", {}, element("td"), ...top)), element("tbody", {}, ...rows));
  return { node, cells };
}

function flipped(off, n, on) {
  const others = off.filter((other) => other !== n);
  return on ? others : [...others, n].sort((a, b) => a - b);
}

function render({ model, el }) {
  const first = valuesOf(model, STATE), facts = makeFacts(first);
  const flip = (n, on) => change(model, { off: flipped(model.get("off"), n, on) });
  const switches = first.neurons.map((name, n) => toggle(name, (on) => flip(n, on)));
  const all = button("all on", () => change(model, { off: [] }));
  const said = element("p", { "aria-live": "polite" });
  const group = element("div", { class: "aw-switches", role: "group", "aria-label": "neurons that are on" },
    ...switches);

  function draw() {
    const state = valuesOf(model, STATE), words = wordsSaid(state);
    facts.cells.forEach((cell, i) => showFact(cell, state, words[i], state.answers[i]));
    switches.forEach((one, n) => one.show(!state.off.includes(n)));
    all.show(state.off.length > 0);
    said.textContent = switchedIn(state, words, lostIn(state, words));
  }
  place(el, element("p", {}, "Neurons that are on:"), group, element("div", { class: "aw-controls" }, all),
    said, element("div", { class: "aw-scroll", tabindex: 0, role: "region", "aria-label": "what is answered" }, facts.node));
  draw();
  return onChange(model, STATE, draw);
}

export default { render };

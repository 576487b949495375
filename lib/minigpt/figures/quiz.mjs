// Questions about a chapter: every answer is explained, the wrong ones too.
import { change, element, onChange, place } from "./drawing.mjs";

// How many were answered right at the first try; `choices` has all tries, a list a question.
export function score(questions, choices) {
  return questions.filter(({ options }, n) => choices[n].length && options[choices[n][0]].right).length;
}

export function scoreLine(questions, choices) {
  const open = choices.filter((tried) => tried.length === 0).length;
  if (open === questions.length) return "";
  const done = `${score(questions, choices)} of ${questions.length - open} right at the first try`;
  return open ? `${done}; ${open} to go.` : `${done}.`;
}

// `code` and *emphasis* as [tag, text]; the rest as text.
export function spans(text) {
  const tags = { "`": "code", "*": "em" };
  const parts = text.split(/(`[^`]+`|\*\S[^*]*\*)/);
  return parts.map((part, i) => (i % 2 ? [tags[part[0]], part.slice(1, -1)] : part)).filter(String);
}

export function letter(i) {
  return String.fromCharCode(97 + i);
}

const inline = (text) => {
  return spans(text).map((part) => (Array.isArray(part) ? element(part[0], {}, part[1]) : part));
};

function render({ model, el }) {
  const questions = model.get("questions");
  const parts = questions.map((question, n) => fieldset(question, n, choose));
  const scored = element("p", { class: "aw-score", "aria-live": "polite" });
  const hint = "Choose an option, and it says why. By keyboard: arrow keys, then space.";

  function choose(n, i) {
    const choices = model.get("choices").map((tried) => [...tried]);
    choices[n].push(i);
    change(model, { choices });
  }

  function draw() {
    const choices = model.get("choices");
    parts.forEach(({ show }, n) => show(choices[n].at(-1)));
    scored.textContent = scoreLine(questions, choices);
  }

  // The buttons of a form are groups of their own, so that a page may hold the figure twice.
  const form = element("form", {}, ...parts.map(({ node }) => node));
  place(el, element("p", { class: "aw-hint" }, hint), form, scored, answers(questions));
  draw();
  return onChange(model, ["choices"], draw);
}

// One question; `show` marks the option that stands and says why.
function fieldset({ text, options }, n, choose) {
  const inputs = options.map((_, i) => {
    return element("input", { type: "radio", name: `question-${n}`, onchange: () => choose(n, i) });
  });
  const whys = options.map(() => element("p", { class: "aw-why", "aria-live": "polite" }));
  const rows = options.map((option, i) => {
    const label = element("label", {}, inputs[i], element("span", {}, `${letter(i)}) `, ...inline(option.text)));
    return element("div", {}, label, whys[i]);
  });
  const heading = element("h3", {}, `Question ${n + 1}. `, ...inline(text));
  const press = (event) => roam(event, inputs);
  const node = element("fieldset", { class: "aw-question", onkeydown: press }, element("legend", {}, heading), ...rows);
  const show = (chosen) => options.forEach((option, i) => {
    inputs[i].checked = i === chosen;
    whys[i].replaceChildren(...(i === chosen ? [sign(option.right), " ", ...inline(option.why)] : []));
  });
  return { node, show };
}

// Arrow keys only move: a browser's own would choose every option on the way.
function roam(event, inputs) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  const i = inputs.indexOf(event.target);
  if (i < 0 || !(step || event.key === "Enter")) return;
  event.preventDefault();
  if (step) inputs[(i + step + inputs.length) % inputs.length].focus();
  else inputs[i].click();
}

function sign(right) {
  const name = right ? "right" : "wrong";
  return element("span", { class: `aw-sign aw-is-${name}`, role: "img", "aria-label": name }, right ? "✓" : "✗");
}

// For the page on paper.
function answers(questions) {
  const rights = questions.map(({ options }, n) => `${n + 1} ${letter(options.findIndex(({ right }) => right))}`);
  return element("p", { class: "aw-answers" }, `Answers: ${rights.join(", ")}.`);
}

export default { render };

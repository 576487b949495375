// Training runs held against the lines that one knows; the reader says what is wrong with each.
import { change, chooser, element, number, onChange, place, slider, svg, valuesOf } from "./drawing.mjs";
import { path, segment } from "./paper.mjs";

const STATE = ["runs", "lines", "per_story", "run", "step", "faults"];
const RECENT = 10; // as in loss_reading.py
const LEFT = 28, RIGHT = 396, TOP = 8, FOOT = 226, HIGHEST = 9;
const FAULTS = [
  "no answer yet", "1: shifted twice", "2: no mask", "3: steps too long", "4: dropout when measured",
  "5: weights frozen",
];

export function readingOf({ runs, lines, per_story, run, step }) {
  const { train, held } = runs[run];
  const recent = train.slice(Math.max(0, step - RECENT), Math.max(1, step));
  const nats = held.findLast(([at]) => at <= step)[1];
  return {
    recent: recent.reduce((a, b) => a + b, 0) / recent.length,
    held: nats,
    perplexity: Math.exp(nats),
    bits: ((nats - lines.at(-1).nats) * per_story) / Math.log(2),
    lines: lines.filter((line) => line.nats > nats).length,
  };
}

// Between which of the known prices a loss lies.
export function whereOf({ lines }, passed) {
  if (passed === lines.length) return "below the floor";
  const under = passed ? `below ${lines[passed - 1].name}, ` : "";
  return `${under}above ${lines[passed].name}`;
}

export function saidOf(state) {
  const { recent, held, perplexity, bits, lines } = readingOf(state), run = state.runs[state.run];
  const over = `${number(Math.abs(bits), 1)} bits a story ${bits < 0 ? "below" : "above"} the floor`;
  return `Run ${run.name}, step ${state.step}. Last batches ${number(recent, 2)}, held out `
    + `${number(held, 2)} nats a token: as unsure as a die with ${number(perplexity, 1)} sides, `
    + `${over}. That is ${whereOf(state, lines)}.`;
}

export function againOf({ runs, run }) {
  const { held, again } = runs[run];
  return `The final model, measured twice: ${number(held.at(-1)[1], 4)} and ${number(again, 4)}.`;
}

// The answers, as the exercise wants them; the sound run has none.
export function answersOf({ runs, faults }) {
  const given = runs.flatMap(({ name }, i) => (faults[i] ? [`"${name}": ${faults[i]}`] : []));
  return given.length ? `Your answers: {${given.join(", ")}}` : "Your answers: none yet.";
}

// ---- what is drawn

function curveMarks(state) {
  const { runs, lines, run, step } = state, last = runs[0].train.length;
  const x = (at) => LEFT + ((RIGHT - LEFT) * at) / last;
  const y = (nats) => TOP + ((FOOT - TOP) * (HIGHEST - Math.min(nats, HIGHEST))) / HIGHEST;
  const words = (at, text, anchor = "middle") =>
    svg("text", { x: at[0], y: at[1], "text-anchor": anchor }, text);
  const batches = ({ train }, name) => path(train.map((loss, i) => [x(i + 1), y(loss)]), { class: name });
  const held = ({ held: pairs }, name) => path(pairs.map(([at, loss]) => [x(at), y(loss)]), { class: name });
  const dots = runs[run].held.map(([at, loss]) =>
    svg("circle", { class: "aw-held", cx: x(at), cy: y(loss), r: 4 }));
  return [
    ...lines.map(({ nats }) => segment([LEFT, y(nats)], [RIGHT, y(nats)], { class: "aw-known" })),
    ...[0, 3, 6, 9].map((nats) => words([LEFT - 6, y(nats) + 4], `${nats}`, "end")),
    ...[0, last / 2, last].map((at) => words([Math.min(x(at), RIGHT - 8), FOOT + 16], `${at}`)),
    segment([x(step), TOP], [x(step), FOOT], { class: "aw-cursor" }),
    held(runs[0], "aw-sound"), batches(runs[run], "aw-batches"), held(runs[run], "aw-run"), ...dots,
    ...lines.map(({ name, nats }) => words([RIGHT - 8, y(nats) - 4], name, "end")),
  ];
}

function render({ model, el }) {
  const drawing = svg("svg", { class: "aw-losses", viewBox: "0 0 400 250", "aria-hidden": "true" });
  const said = element("p", { "aria-live": "polite" }), again = element("p"), answers = element("p");
  const samples = element("ul", { class: "aw-samples" }), title = element("p", { class: "aw-hint" });
  const last = model.get("runs")[0].train.length;
  const runs = chooser("run", model.get("runs").length, (run) => change(model, { run }));
  const moved = (step) => change(model, { step });
  const words = (step) => `${step}`;
  const step = slider({ label: "step", min: 0, max: last, step: 5, words, oninput: moved });
  const fault = chooser("what is wrong", FAULTS.length, (n) =>
    change(model, { faults: model.get("faults").with(model.get("run"), n) }));
  const draw = () => {
    const now = valuesOf(model, STATE), { name, samples: texts } = now.runs[now.run];
    drawing.replaceChildren(...curveMarks(now));
    said.textContent = saidOf(now);
    again.textContent = againOf(now);
    title.textContent = `What run ${name} writes at the end:`;
    samples.replaceChildren(...texts.map((text) => element("li", {}, text.trim())));
    answers.textContent = answersOf(now);
    runs.show(now.runs.map((run) => run.name), now.run);
    step.show(now.step);
    fault.show(FAULTS, now.faults[now.run]);
    fault.hidden = now.run === 0;
  };
  const about = "Nats a token, step by step. Thin: batch by batch; dots: held out; dashed grey: "
    + "the sound run, held out. Losses above 9 are drawn at 9.";
  place(el, element("div", { class: "aw-controls" }, runs, step, fault), drawing,
    element("p", { class: "aw-hint" }, about), said, again, title, samples, answers);
  draw();
  return onChange(model, STATE, draw);
}

export default { render };

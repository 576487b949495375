// Word by word, what is computed anew with the cache and without: choose a frame, a prompt, a context.
import { change, chooser, element, labelsOf, number, onChange, place, slider, svg, valuesOf } from "./drawing.mjs";

const FILM_STATE = ["words", "prompt", "context", "length"];
const CELL = 15, NAMES = 74, GAP = 14, TALL = 60;
const TITLES = ["without", "with the cache"];
const KINDS = { n: "aw-new", k: "aw-kept", ".": "aw-none" };

// The first word that is seen when n are there: past the context, half a context is dropped.
export function windowStart(n, context) {
  const hop = Math.max(1, Math.floor(context / 2));
  return Math.ceil(Math.max(0, n - context) / hop) * hop;
}

function triangle(n) {
  return (n * (n + 1)) / 2;
}

// A frame a word; fed and scores are pairs, without the cache and with it.
export function filmOf({ words, prompt, context }) {
  const frames = [];
  for (let n = prompt; n <= words.length; n++) {
    const start = windowStart(n, context), before = frames[frames.length - 1];
    const kept = before && before.start === start ? before.n - start : 0, seen = n - start;
    frames.push({
      n, start, kept, fed: [seen, seen - kept], scores: [triangle(seen), triangle(seen) - triangle(kept)],
    });
  }
  return frames;
}

export function frameOf(state) {
  return filmOf(state)[Math.max(state.length - state.prompt, 0)];
}

// A text for each word: its key and value (new, kept, none), then its row of scores.
export function panelsOf(state) {
  const frame = frameOf(state);
  return frame.fed.map((fed) => state.words.map((_, i) => {
    const isNew = frame.n - fed <= i && i < frame.n, there = frame.start <= i && i < frame.n;
    const row = state.words.map((_, j) => (isNew && frame.start <= j && j <= i ? "n" : "."));
    return (isNew ? "n" : there ? "k" : ".") + row.join("");
  }));
}

export function saidOf(state) {
  const frame = frameOf(state), film = filmOf(state).filter(({ n }) => n <= frame.n);
  const sums = (what) => [0, 1].map((way) => film.reduce((sum, one) => sum + one[what][way], 0));
  const fed = sums("fed"), scores = sums("scores");
  const dropped = frame.start ? `, ${frame.start} of them dropped` : "";
  const less = ([without, cached]) => `${without} and ${cached} (${number(without / cached, 2)} times less)`;
  return [
    `Words there: ${frame.n}${dropped}. Without the cache: through the model ${frame.fed[0]}, scores ${frame.scores[0]}.`,
    `With the cache: kept ${frame.kept}, through the model ${frame.fed[1]}, scores ${frame.scores[1]}.`,
    `So far: through the model ${less(fed)}, scores ${less(scores)}.`,
  ];
}

// ---- what is drawn

function drawTables(state) {
  const wide = (state.words.length + 1) * CELL;
  return panelsOf(state).flatMap((rows, p) => {
    const x = NAMES + p * (wide + GAP);
    const cells = rows.flatMap((row, i) => [...row].slice(0, i + 2).map((mark, j) => svg("rect", {
      class: KINDS[mark], x: x + j * CELL + (j > 0 ? 3 : 0), y: 18 + i * CELL, width: CELL - 2, height: CELL - 2,
    })));
    return [svg("text", { x, y: 12 }, TITLES[p]), ...cells];
  });
}

function drawFilm(state, top, choose) {
  const film = filmOf(state), shown = frameOf(state);
  const most = Math.max(...film.map(({ scores }) => scores[0]));
  const step = (2 * (state.words.length + 1) * CELL) / film.length;
  return film.flatMap((frame, i) => frame.scores.map((scores, way) => {
    const high = ((TALL - 4) * scores) / most;
    return svg("rect", {
      class: `${frame.n === shown.n ? "aw-shown" : "aw-frame"} aw-${way ? "with" : "without"}`,
      x: NAMES + i * step + way * step * 0.4, y: top + TALL - high, width: step * 0.35, height: high,
      onclick: () => choose(frame.n),
    });
  }));
}

function render({ model, el }) {
  const { words } = valuesOf(model, FILM_STATE), size = words.length;
  const counts = words.map((_, i) => String(i + 1));
  const choose = (length) => change(model, { length });
  const frames = slider({
    label: "words there", min: 1, max: size, step: 1, words: String,
    oninput: (n) => choose(Math.max(n, model.get("prompt"))),
  });
  const prompt = chooser("prompt", size, (i) => change(model, { prompt: i + 1 }));
  const context = chooser("context", size, (i) => change(model, { context: i + 1 }));
  const top = 18 + size * CELL + 26;
  const box = `0 0 ${NAMES + 2 * (size + 1) * CELL + GAP + 6} ${top + TALL}`;
  const drawing = svg("svg", { class: "aw-film", viewBox: box, role: "img" });
  const said = element("p", { "aria-live": "polite" });
  const hint = "Orange: computed in this frame (a word's key and value, then its scores). Blue: a key and a value, kept. " +
    "Below: the scores of every frame, without the cache and with it.";

  function draw() {
    const state = valuesOf(model, FILM_STATE), lines = saidOf(state);
    const names = labelsOf(state.words).map((word, i) =>
      svg("text", { x: NAMES - 6, y: 29 + i * CELL, "text-anchor": "end" }, word));
    const scores = svg("text", { x: NAMES - 6, y: top + TALL - 4, "text-anchor": "end" }, "scores");
    drawing.replaceChildren(...drawTables(state), ...names, scores, ...drawFilm(state, top, choose));
    drawing.setAttribute("aria-label", lines.join(" "));
    said.replaceChildren(...lines.flatMap((line, i) => (i ? [element("br"), line] : [line])));
    frames.show(frameOf(state).n);
    prompt.show(counts, state.prompt - 1);
    context.show(counts, state.context - 1);
  }
  const controls = element("div", { class: "aw-controls" }, frames, prompt, context);
  place(el, controls, element("p", { class: "aw-hint" }, hint), drawing, said);
  draw();
  return onChange(model, FILM_STATE, draw);
}

export default { render };

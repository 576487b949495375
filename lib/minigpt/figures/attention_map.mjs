// Who looks at whom: the weights, their temperature, and a mask to paint.
import { softmax } from "./maths.mjs";
import { change, element, labelsOf, number, onChange, place, shade, slider } from "./drawing.mjs";
import { HOW_TO_PAINT, causalMask, fillCell, makeGrid, makeMaskChooser, makePaintable, nameGrid, nameOf, noMask } from "./painting.mjs";

const STATE = ["words", "looking", "scores", "temperature", "mask", "cursor"];
const MASKS = { "no mask": noMask, "causal mask": causalMask };

export function weightsOf(scores, temperature, mask) {
  const seen = (row, i) => row.map((score, j) => (mask[i][j] ? score / temperature : -Infinity));
  return scores.map((row, i) => softmax(seen(row, i)));
}

export function captionOf({ temperature, mask }) {
  const setting = `Temperature ${number(temperature, 2)}, ${nameOf(mask, MASKS)}.`;
  return `Each row is a word that looks; its weights say at whom. ${setting}`;
}

export function readOut({ words, looking, scores, temperature, mask }, i, j) {
  const labels = labelsOf(words), weight = weightsOf(scores, temperature, mask)[i][j];
  if (!mask[i].includes(true)) return `${labels[i]} may look nowhere: all its weights are 0.`;
  const act = mask[i][j] ? looking : "may not look at";
  const numbers = `score ${number(scores[i][j])}, weight ${number(weight)}`;
  return `${labels[i]} ${act} ${labels[j]}: ${numbers}.`;
}

function fillGrid(grid, state) {
  const { scores, temperature, mask, cursor } = state;
  nameGrid(grid, state.words, cursor);
  weightsOf(scores, temperature, mask).forEach((weights, i) => {
    weights.forEach((weight, j) => fillCell(grid.cells[i][j], shown(weight, mask[i][j])));
    const sum = number(weights.reduce((a, b) => a + b));
    grid.sums[i].textContent = mask[i].includes(true) ? sum : "0: looks nowhere";
  });
}

function shown(weight, may) {
  if (may) return { text: number(weight), look: shade(weight), hidden: false };
  return { text: "–", hidden: true, label: "hidden" };
}

function render({ model, el }) {
  const T = model.get("words").length, grid = makeGrid(T, { name: "weights", sum: "sum" });
  const caption = element("p"), words = element("p", { "aria-live": "polite" });
  const temperature = slider({
    label: "Temperature", min: -1, max: 1, step: 0.02, // of its logarithm
    words: (log) => number(10 ** log, 2),
    oninput: (log) => change(model, { temperature: Number((10 ** log).toPrecision(3)) }),
  });
  const chooser = makeMaskChooser(MASKS, (make) => change(model, { mask: make(T) }));
  const hint = element("p", { class: "aw-hint" }, HOW_TO_PAINT);

  const state = () => Object.fromEntries(STATE.map((name) => [name, model.get(name)]));
  const say = ([i, j]) => (words.textContent = readOut(state(), i, j));
  const draw = () => {
    fillGrid(grid, state());
    caption.textContent = captionOf(state());
    temperature.show(Math.log10(model.get("temperature")));
    chooser.show(model.get("mask"));
    say(model.get("cursor"));
  };
  makePaintable(grid, model, say);
  const controls = element("div", { class: "aw-controls" }, temperature, chooser, hint);
  place(el, caption, element("div", { class: "aw-scroll" }, grid.node), words, controls);
  draw();
  return onChange(model, STATE, draw);
}

export default { render };

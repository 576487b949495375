// The whole forward pass as a table: six sliders, and what becomes of shapes, parameters, FLOPs.
import { change, element, number, onChange, place, slider, valuesOf } from "./drawing.mjs";

export const CHOICES = {
  B: [1, 2, 4, 8, 16, 32, 64],
  T: [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192],
  d_model: [64, 128, 256, 384, 512, 768, 1024, 1536, 2048, 4096, 8192, 12288],
  n_heads: [1, 2, 4, 8, 16, 32],
  n_layers: [1, 2, 4, 6, 12, 24, 48, 96],
  vocab_size: [64, 256, 768, 4096, 32000, 50257, 128256],
};
const SIZES = Object.keys(CHOICES);
const UNITS = ["", " thousand", " million", " billion", " trillion", " quadrillion"];
const COLUMNS = ["step", "shape", "parameters", "FLOPs", "share of the FLOPs"];

// Every step from the tokens to the logits; parameters and FLOPs of all layers together.
export function stepsOf({ B, T, d_model: d, n_heads, n_layers: L, vocab_size: V }) {
  const width = d / n_heads;
  const stream = [B, T, d];
  const heads = [B, n_heads, T, width];
  const looking = 2 * B * T * T * d * L;
  const square = 2 * B * T * d * d * L;
  const step = (name, shape, parameters = 0, flops = 0, inside = false) => ({ name, shape, parameters, flops, inside });
  return [
    step("tokens", [B, T]),
    step("their rows of the table", stream, V * d),
    step("norm", stream, L * d, 0, true),
    step("q, k and v, each", heads, L * (3 * d * d + 2 * width), 3 * square, true),
    step("scores, weights", [B, n_heads, T, T], 0, looking, true),
    step("mixtures of values", heads, 0, looking, true),
    step("W_O, added", stream, L * d * d, square, true),
    step("norm", stream, L * d, 0, true),
    step("MLP, up", [B, T, 4 * d], L * 4 * d * d, 4 * square, true),
    step("MLP, down, added", stream, L * 4 * d * d, 4 * square, true),
    step("last norm", stream, d),
    step("logits (tied)", [B, T, V], 0, 2 * B * T * d * V),
  ];
}

export function totalOf(steps, what) {
  return steps.reduce((sum, step) => sum + step[what], 0);
}

// A large number with three digits and a unit: 4.61 billion.
export function short(value) {
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return number(value, unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2) + UNITS[unit];
}

export function saidOf(state) {
  const steps = stepsOf(state);
  const flops = totalOf(steps, "flops");
  const size = (step) => step.shape.reduce((product, n) => product * n, 1);
  const largest = steps.reduce((most, step) => (size(step) > size(most) ? step : most));
  const looking = steps[4].flops + steps[5].flops;
  const logits = steps[11].flops;
  const share = (part) => `${number(100 * (part / flops), 1)} %`;
  return (
    `${whole(totalOf(steps, "parameters"))} parameters; ${short(flops)} FLOPs, ` +
    `${short(flops / (state.B * state.T))} a token: ${share(flops - looking - logits)} in the ` +
    `blocks' matrices, ${share(looking)} in looking (scores and mixtures), ` +
    `${share(logits)} in the logits. The largest array: ${largest.name}, ${whole(size(largest))} numbers.`
  );
}

export function captionOf({ n_layers }) {
  const blocks = n_layers === 1 ? "the one block" : `the ${n_layers} blocks`;
  return `Indented: in ${blocks}, counted together.`;
}

// The cells of every line, as they are written.
export function linesOf(state) {
  const steps = stepsOf(state);
  const flops = totalOf(steps, "flops");
  return steps.map((step) => {
    const share = number(100 * (step.flops / flops), 1);
    const cells = [`(${step.shape.join(", ")})`, whole(step.parameters), short(step.flops), `${share} %`];
    return { name: step.name, inside: step.inside, share, cells };
  });
}

function whole(value) {
  return value.toLocaleString("en-US");
}

function lineOf({ name, inside, share, cells }) {
  const [shape, parameters, flops, percent] = cells.map((text) => element("td", {}, text));
  percent.prepend(element("span", { class: "aw-portion", style: `width: ${share}%` }));
  const header = element("th", { scope: "row" }, name);
  return element("tr", { class: inside ? "aw-inside" : null }, header, shape, parameters, flops, percent);
}

function render({ model, el }) {
  const sliders = SIZES.map((name) => {
    const choices = CHOICES[name];
    const choose = (i) => change(model, { [name]: choices[i] });
    const words = (i) => whole(choices[i]);
    const node = slider({ label: name, min: 0, max: choices.length - 1, step: 1, words, oninput: choose });
    return { name, node };
  });
  const said = element("p", { "aria-live": "polite" });
  const caption = element("caption");
  const body = element("tbody");
  const head = element("tr", {}, ...COLUMNS.map((name) => element("th", { scope: "col" }, name)));
  const table = element("table", { class: "aw-shapes" }, caption, element("thead", {}, head), body);
  const label = "The steps of the forward pass";
  const scroll = element("div", { class: "aw-scroll", role: "group", "aria-label": label, tabindex: "0" }, table);

  function draw() {
    const state = valuesOf(model, SIZES);
    sliders.forEach(({ name, node }) => node.show(CHOICES[name].indexOf(state[name])));
    said.textContent = saidOf(state);
    caption.textContent = captionOf(state);
    body.replaceChildren(...linesOf(state).map(lineOf));
  }

  const controls = element("div", { class: "aw-controls aw-sizes" }, ...sliders.map(({ node }) => node));
  place(el, controls, said, scroll);
  draw();
  return onChange(model, SIZES, draw);
}

export default { render };

// How much a softmax lets through, against the width of the vectors that made the scores.
import { number, svg } from "./drawing.mjs";

const LEFT = 52, RIGHT = 374, TOP = 14, BOTTOM = 174;
const WIDEST = 12, LEAST = -8; // a width of 2 to the 12th; a size of 10 to the -8th

export const WIDTHS = Array.from({ length: 4 * WIDEST + 1 }, (_, k) => 2 ** (k / 4));

const across = (d) => LEFT + ((RIGHT - LEFT) * Math.log2(d)) / WIDEST;

// A size of 0 has no place; what is below the paper ends right under its edge.
export function down(size) {
  const tenths = Math.max(Math.log10(size), LEAST - 0.2) / LEAST;
  return TOP + (BOTTOM - TOP) * tenths;
}

// One decimal of a power of ten, or three decimals.
export function fine(value) {
  const small = value !== 0 && Math.abs(value) < 0.0005;
  return small ? value.toExponential(1).replaceAll("-", "\u2212") : number(value);
}

function text(x, y, anchor, words) {
  return svg("text", { x, y, "text-anchor": anchor }, words);
}

function power(x, y, ten) {
  const up = svg("tspan", { dy: -6, "font-size": 12 }, String(ten).replace("-", "\u2212"));
  return svg("text", { x, y, "text-anchor": "end" }, "10", up);
}

function ruled() {
  const levels = [-2, -4, -6, -8].map((ten) => {
    const y = down(10 ** ten);
    const line = svg("line", { x1: LEFT, x2: RIGHT, y1: y, y2: y, class: "aw-axis" });
    return svg("g", {}, line, power(LEFT - 6, y + 5, ten));
  });
  const widths = [1, 16, 256, 4096].map((d) => text(across(d), BOTTOM + 22, "middle", d));
  const most = svg("line", { x1: LEFT, x2: RIGHT, y1: down(0.25), y2: down(0.25), class: "aw-axis" });
  return [...levels, most, text(LEFT - 6, down(0.25) + 5, "end", "¼"), ...widths];
}

function curve(sizes, kind) {
  const shown = sizes.map((size, k) => [across(WIDTHS[k]), down(size)]);
  const end = shown.findIndex(([, y]) => y > BOTTOM); // the first that is off the paper
  const points = end < 0 ? shown : shown.slice(0, end + 1);
  return svg("polyline", { points: points.map((p) => p.join(",")).join(" "), class: kind });
}

function legend(y, kind, words) {
  const line = svg("line", { x1: LEFT + 10, x2: LEFT + 48, y1: y - 5, y2: y - 5, class: kind });
  return svg("g", {}, line, text(LEFT + 56, y, "start", words));
}

// `sizes.divided` and `sizes.plain` at all WIDTHS; the dot is at { d, size }.
export function drawFading({ divided, plain }, { d, size }) {
  return [
    ...ruled(),
    curve(divided, "aw-divided"),
    curve(plain, "aw-plain"),
    legend(BOTTOM - 34, "aw-divided", "divided by √d"),
    legend(BOTTOM - 12, "aw-plain", "not divided"),
    svg("circle", { cx: across(d), cy: Math.min(down(size), BOTTOM), r: 7 }),
    text((LEFT + RIGHT) / 2, BOTTOM + 44, "middle", "width d"),
  ];
}

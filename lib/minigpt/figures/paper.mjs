// A sheet of squared paper for two-dimensional arrows, 400 wide, the origin in the middle.
import { roundUp } from "./maths.mjs";
import { number, svg } from "./drawing.mjs";

const MIDDLE = 200, EDGE = 170; // the frame lies 170 from the middle
const LINE = 17; // of a name

// The paper reaches from -R to R: a larger R when an arrow comes to the edge, so that it can go on,
// and a smaller one only when most of the paper lies empty.
export function reachOf(vectors, before = 0) {
  const most = Math.max(0.1, ...vectors.flat().map(Math.abs));
  const roomy = most < before && most >= 0.35 * before;
  return roomy ? before : roundUp(1.01 * most);
}

// Where a vector lies on the paper, and back.
export function onPaper([x, y], reach) {
  return [MIDDLE + (x * EDGE) / reach, MIDDLE - (y * EDGE) / reach];
}

export function vectorAt([x, y], reach) {
  return [((x - MIDDLE) * reach) / EDGE, ((MIDDLE - y) * reach) / EDGE];
}

// ---- what is drawn

export function polygon(points, attributes) {
  return svg("polygon", { points: points.map((point) => point.join(",")).join(" "), ...attributes });
}

export function path(points, attributes) {
  return svg("polyline", { points: points.map((point) => point.join(",")).join(" "), ...attributes });
}

export function segment([x1, y1], [x2, y2], attributes) {
  return svg("line", { x1, y1, x2, y2, ...attributes });
}

export function arrow(tip, attributes) {
  const length = Math.hypot(tip[0] - MIDDLE, tip[1] - MIDDLE) || 1, head = Math.min(14, length);
  const along = tip.map((c) => (c - MIDDLE) / length), across = [-along[1], along[0]];
  const back = (side) => tip.map((c, axis) => c - head * (along[axis] - 0.45 * side * across[axis]));
  const shaft = segment([MIDDLE, MIDDLE], back(0), { class: "aw-shaft" });
  return svg("g", attributes, shaft, polygon([tip, back(1), back(-1)], { fill: "currentColor" }));
}

// A dotted line, the larger the share the thicker.
export function dots(from, to, share, attributes) {
  const size = { "stroke-width": 1.5 + 9 * share, "stroke-dasharray": `0 ${4 + 13 * share}` };
  return svg("g", attributes, segment(from, to, { class: "aw-dots", ...size }));
}

export function star([x, y], attributes) {
  const corner = (k) => {
    const radius = k % 2 ? 4.5 : 11, angle = (k * Math.PI) / 5;
    return [x + radius * Math.sin(angle), y - radius * Math.cos(angle)];
  };
  return polygon(Array.from({ length: 10 }, (_, k) => corner(k)), attributes);
}

// Names at their tips: where two would lie upon each other, the lower one makes way, and all do for
// what is `taken`.
export function labels(names, taken = []) {
  const spots = spotsOf(names, taken);
  return spots.map(({ x, y }, j) => svg("text", { x, y, class: names[j].class }, names[j].text));
}

export function spotsOf(names, taken = []) {
  const spots = names.map(spotOf), placed = [...taken];
  for (const spot of spots.toSorted((a, b) => a.y - b.y)) {
    const upon = ({ x, y, width }) => (
      Math.abs(spot.y - y) < LINE && spot.x < x + width && x < spot.x + spot.width
    );
    for (let other; (other = placed.find(upon)); ) spot.y = other.y + LINE;
    placed.push(spot);
  }
  return spots;
}

// Beyond the tip, as seen from the origin, or aside of it; and inside the paper.
function spotOf({ tip, text, aside }) {
  const length = Math.hypot(tip[0] - MIDDLE, tip[1] - MIDDLE) || 1, width = 9 * text.length;
  const [right, down] = tip.map((c) => (c - MIDDLE) / length);
  const [dx, dy] = aside ? [-down, right] : [right, down];
  const side = Math.max(-1, Math.min(1, 2 * dx)); // from which end the name is hung up
  const x = tip[0] + 12 * side - (width * (1 - side)) / 2, y = Math.round(tip[1] + 18 * dy + 6);
  return { x: Math.max(4, Math.min(2 * MIDDLE - width, x)), y: Math.max(18, y), width };
}

// What lies outside the frame is cut off.
export function framed(...children) {
  const from = MIDDLE - EDGE, size = 2 * EDGE, viewBox = `${from} ${from} ${size} ${size}`;
  return svg("svg", { x: from, y: from, width: size, height: size, viewBox }, ...children);
}

export function ruled(reach) {
  const digits = reach >= 2 ? 0 : reach >= 0.2 ? 1 : 2, low = MIDDLE - EDGE, high = MIDDLE + EDGE;
  return [-1, -0.5, 0, 0.5, 1].flatMap((part) => {
    const there = MIDDLE + part * EDGE, kind = { class: part ? "aw-rule" : "aw-axis" };
    const upright = segment([there, low], [there, high], kind);
    const lines = [upright, segment([low, there], [high, there], kind)];
    const tick = (at, value) => svg("text", { class: "aw-tick", ...at }, number(value, digits));
    const below = tick({ x: there, y: 390, "text-anchor": "middle" }, part * reach);
    const beside = tick({ x: 26, y: there + 5, "text-anchor": "end" }, -part * reach);
    return part ? [...lines, below, beside] : lines;
  });
}

// ---- what is done

// Calls `paint` with the arrows on their way, for a third of a second; the answer stops it.
export function glide(from, to, paint) {
  const start = performance.now(), still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let frame = null;
  const step = (time) => {
    const part = still ? 1 : Math.max(0, Math.min(1, (time - start) / 350));
    paint(from.map((a, j) => a.map((c, axis) => c + part * (to[j][axis] - c))));
    if (part < 1) frame = requestAnimationFrame(step);
  };
  step(start);
  return () => cancelAnimationFrame(frame);
}

// The grip nearest to the pointer is taken, and keeps the distance at which it was taken.
export function draggable(paper, grips, { where, drag, drop }) {
  let taken = null;
  const minus = (a, b) => a.map((c, axis) => c - b[axis]);
  const at = ({ clientX, clientY }) => {
    const box = paper.getBoundingClientRect(), scale = (2 * MIDDLE) / box.width;
    return [(clientX - box.left) * scale, (clientY - box.top) * scale];
  };
  const take = (event) => {
    if (event.button !== 0 || taken || !grips.includes(event.target)) return;
    const gaps = grips.map((_, j) => minus(at(event), where(j)));
    const far = gaps.map((gap) => Math.hypot(...gap)), j = far.indexOf(Math.min(...far));
    taken = { j, gap: gaps[j], pointer: event.pointerId };
    event.preventDefault();
    grips[j].setPointerCapture(event.pointerId);
    grips[j].focus({ preventScroll: true });
  };
  const follow = (event) => {
    if (taken?.pointer === event.pointerId) drag(taken.j, minus(at(event), taken.gap));
  };
  const leave = (event) => {
    if (taken?.pointer !== event.pointerId) return;
    taken = null;
    drop();
  };
  const acts = { pointerdown: take, pointermove: follow, pointerup: leave, pointercancel: leave };
  for (const [name, act] of Object.entries(acts)) paper.addEventListener(name, act);
  // A finger on a grip does not scroll the page. (Chrome heeds touch-action on a whole svg only.)
  const still = (event) => event.preventDefault();
  for (const grip of grips) grip.addEventListener("touchstart", still, { passive: false });
}

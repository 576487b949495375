// A tokenizer trained merge by merge: the text shrinks, the vocabulary grows, each step is a choice.
import { button, change, chooser, element, onChange, place, toggle } from "./drawing.mjs";

// GPT-2's cut, as in Python's `PATTERN`.
const CUT = new RegExp(
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\p{White_Space}\\p{L}\\p{N}]+" +
  "|\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+", "gu",
);
const LONGEST = 200, MOST_PAIRS = 8;

// A token is a text of its bytes, a character for each: "\u00c3\u00a9" is \u00e9.
export function bytesOf(text) {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
}

// The pieces within which merges are made, as rows of tokens.
export function piecesOf(text, cut) {
  const pieces = cut ? text.match(CUT) ?? [] : [text];
  return pieces.map(bytesOf).filter((parts) => parts.length);
}

export function mergePair(parts, [left, right]) {
  const merged = [];
  for (const part of parts) {
    if (merged.at(-1) === left && part === right) merged[merged.length - 1] += part;
    else merged.push(part);
  }
  return merged;
}

// Tokens by the order of their making: a byte's id is its value, the first merge makes 256.
export function idsOf(merges) {
  const ids = new Map(Array.from({ length: 256 }, (_, byte) => [String.fromCharCode(byte), byte]));
  for (const [left, right] of merges) if (!ids.has(left + right)) ids.set(left + right, ids.size);
  return ids;
}

// [left, right, count] of every pair, the most frequent first; of equals, the smaller ids.
export function pairsOf(pieces, ids) {
  const counts = new Map();
  for (const parts of pieces) {
    for (let i = 1; i < parts.length; i++) {
      const key = `${ids.get(parts[i - 1])},${ids.get(parts[i])}`;
      const pair = counts.get(key) ?? [parts[i - 1], parts[i], 0];
      pair[2] += 1;
      counts.set(key, pair);
    }
  }
  const at = (pair, side) => ids.get(pair[side]);
  return [...counts.values()].sort(
    (a, b) => b[2] - a[2] || at(a, 0) - at(b, 0) || at(a, 1) - at(b, 1),
  );
}

const sizeOf = (pieces) => pieces.reduce((sum, parts) => sum + parts.length, 0);

// The text cut up, after some merges; the pairs that stand in it now; how many tokens there are.
export function stateAfter(text, cut, merges) {
  const pieces = merges.reduce((some, pair) => some.map((p) => mergePair(p, pair)), piecesOf(text, cut));
  return { pieces, pairs: pairsOf(pieces, idsOf(merges)), size: sizeOf(pieces) };
}

// The merges that training makes, after those given: always the most frequent pair.
export function trained(text, cut, number, merges = []) {
  const made = [...merges];
  while (made.length < number) {
    const [best] = stateAfter(text, cut, made).pairs;
    if (!best) break;
    made.push(best.slice(0, 2));
  }
  return made;
}

// How many tokens the text has before the first merge, after it, and after each other one.
export function sizesOf(text, cut, merges) {
  let pieces = piecesOf(text, cut);
  return [sizeOf(pieces), ...merges.map((pair) => {
    pieces = pieces.map((parts) => mergePair(parts, pair));
    return sizeOf(pieces);
  })];
}

// What is written for a token: its text, or its bytes in hexadecimal where they are none.
export function shownToken(token) {
  const bytes = Uint8Array.from(token, (character) => character.charCodeAt(0));
  const hex = () => Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ");
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return /[\u0000-\u001f\u007f-\u00a0]/.test(text) ? hex() : text.replaceAll(" ", "·");
  } catch {
    return hex();
  }
}

const count = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

// One line on where things stand.
export function standing({ text, cut, merges }) {
  const { size } = stateAfter(text, cut, merges);
  const known = idsOf(merges).size;
  const greedy = sizesOf(text, cut, trained(text, cut, merges.length)).at(-1);
  const better = size < greedy ? "You have beaten the most frequent pairs: they give" : "This text's most frequent pairs give";
  const compared = merges.length ? ` ${better} ${greedy}.` : "";
  const shown = `${count(bytesOf(text).length, "byte")}, ${count(merges.length, "merge")}, ${count(size, "token")}`;
  return `${shown}; ${known} in the vocabulary.${compared}`;
}

function render({ model, el }) {
  const texts = model.get("texts");
  const choice = chooser("Text", texts.length + 1, (i) => (i < texts.length ? write(texts[i]) : box.select()));
  const box = element("textarea", {
    rows: 2, maxlength: LONGEST, spellcheck: "false", "aria-label": "Your text",
    oninput: () => change(model, { text: box.value }),
  });
  const cut = toggle("no merges across words", (on) => change(model, { cut: on, merges: [] }));
  const next = button("Merge the most frequent", () => merge(now.pairs[0]));
  const back = button("Back", () => change(model, { merges: model.get("merges").slice(0, -1) }));
  const again = button("Begin again", () => change(model, { merges: [] }));
  const strip = element("p", { class: "aw-tokens" });
  const line = element("p", { "aria-live": "polite" });
  const path = element("p", { class: "aw-hint" });
  const list = element("div", { class: "aw-pairs", role: "group", "aria-label": "Pairs, the most frequent first" });
  const words = element("ol", { class: "aw-made", "aria-label": "Merged tokens, by id" });
  const hint = element("p", { class: "aw-hint" },
    "Press a pair to merge it, or always the most frequent, as training does. Write another text, " +
    "and the merges stay, as a tokenizer's do; choose one, or begin again, to train on it.");
  let now;

  const write = (text) => change(model, { text, merges: [] });
  const merge = ([left, right]) => change(model, { merges: [...model.get("merges"), [left, right]] });

  // The tokens, one after another; where the next merge would be made, its halves are underlined.
  function showTokens(pair) {
    const nodes = now.pieces.flatMap((parts, p) => parts.map((part, i) => {
      const glued = pair && mergePair(parts.slice(0, i + 1), pair).length;
      const ends = pair && i > 0 && part === pair[1] && parts[i - 1] === pair[0] &&
        glued === mergePair(parts.slice(0, i), pair).length;
      const node = element("span", { class: part.length > 1 ? "aw-token aw-merged" : "aw-token" }, shownToken(part));
      if (i === 0 && p > 0) node.classList.add("aw-first");
      return { node, ends };
    }));
    nodes.forEach(({ ends }, i) => {
      if (ends) for (const at of [i - 1, i]) nodes[at].node.classList.add("aw-due");
    });
    strip.replaceChildren(...nodes.map(({ node }) => node));
  }

  function showPairs() {
    const inside = list.contains(document.activeElement);
    const buttons = now.pairs.slice(0, MOST_PAIRS).map((pair) => {
      const [left, right, times] = pair;
      const node = button("", () => merge(pair));
      node.append(
        element("span", {}, `${shownToken(left)} + ${shownToken(right)}`),
        element("span", { class: "aw-times" }, `${times}×`),
      );
      node.setAttribute("aria-label", `merge ${shownToken(left)} and ${shownToken(right)}, ${count(times, "time")}`);
      for (const kind of ["pointerenter", "focus"]) node.addEventListener(kind, () => showTokens(pair));
      for (const kind of ["pointerleave", "blur"]) node.addEventListener(kind, () => showTokens(now.pairs[0]));
      return node;
    });
    const more = now.pairs.length - buttons.length;
    const rest = more > 0 ? [element("span", { class: "aw-hint" }, `and ${count(more, "rarer or later pair")}`)] : [];
    list.replaceChildren(...buttons, ...rest);
    if (inside) (buttons[0] ?? back).focus();
  }

  function draw() {
    const state = Object.fromEntries(["text", "cut", "merges"].map((name) => [name, model.get(name)]));
    now = stateAfter(state.text, state.cut, state.merges);
    choice.show([...texts, "a text of your own"], texts.includes(state.text) ? texts.indexOf(state.text) : texts.length);
    if (box.value !== state.text) box.value = state.text;
    cut.show(state.cut);
    next.show(now.pairs.length > 0);
    back.show(state.merges.length > 0);
    again.show(state.merges.length > 0);
    showTokens(now.pairs[0]);
    showPairs();
    line.textContent = standing(state);
    path.textContent = `Tokens so far: ${sizesOf(state.text, state.cut, state.merges).join(" → ")}`;
    const made = [...idsOf(state.merges)].slice(256);
    words.replaceChildren(...made.map(([token, id]) => element("li", {}, `${id} `, element("code", {}, shownToken(token)))));
  }

  place(
    el, element("div", { class: "aw-controls" }, choice, cut), box,
    element("div", { class: "aw-controls" }, next, back, again),
    strip, line, list, words, path, hint,
  );
  draw();
  return onChange(model, ["text", "cut", "merges"], draw);
}

export default { render };

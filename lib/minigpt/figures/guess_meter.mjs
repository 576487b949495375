// A story to be guessed word by word, and the meter that counts what each guess costs.
import {
  button, change, chooser, element, number, onChange, place, valuesOf,
} from "./drawing.mjs";

const STATE = ["rounds", "names", "vocab_size", "floor", "story", "shares", "bets"];
const KEPT = 0.05; // as in guess_meter.py

// The probability of each word on the menu, and last of any one other word.
export function betOf(shares, vocabSize) {
  const total = shares.reduce((a, b) => a + b, 0), others = vocabSize - (shares.length - 1);
  if (total === 0) return shares.map(() => 1 / vocabSize);
  const among = (i) => (i === shares.length - 1 ? others : 1);
  return shares.map((share, i) => ((1 - KEPT) * share) / among(i) / total + KEPT / vocabSize);
}

// In bits.
export function priceOf(chance) {
  return 0 - Math.log2(chance);
}

// What everyone paid at each place so far: a row for the reader, then one for each player.
export function pricesOf({ rounds, names, vocab_size, story, bets }) {
  const played = rounds[story].slice(0, bets.length);
  const own = played.map((step, t) => priceOf(betOf(bets[t], vocab_size)[step.came]));
  return [own, ...names.map((_, k) => played.map((step) => priceOf(step.chances[k])))];
}

export function totalsOf(state) {
  return pricesOf(state).map((row) => row.reduce((a, b) => a + b, 0));
}

// ---- what is said

function listed(state, prices) {
  const [own, ...others] = prices.map((bits) => number(bits, 2));
  return [`You paid ${own} bits`, ...state.names.map((name, k) => `${name} ${others[k]}`)].join(", ");
}

export function readOut(state) {
  const { rounds, story, bets, floor } = state, places = rounds[story], n = bets.length;
  if (n === 0) return "How does the story begin? Lay your shares, then bet.";
  const last = listed(state, pricesOf(state).map((row) => row[n - 1]));
  const came = `It was ${places[n - 1].word}. ${last}.`;
  if (n < places.length) return came;
  return `${came} The story is over. ${listed(state, totalsOf(state))}. The floor is ${number(floor, 2)}.`;
}

export function toldIn({ rounds, story, bets }) {
  const places = rounds[story];
  return bets.length < places.length ? `${places[bets.length].before} ___` : places.at(-1).before;
}

// ---- what is drawn

function makeRow(add) {
  const word = button("", () => add(1)), less = button("−", () => add(-1));
  const count = element("span", { class: "aw-count" }), chance = element("td"), price = element("td");
  const shares = element("td", {}, count, less);
  const node = element("tr", {}, element("th", { scope: "row" }, word), shares, chance, price);
  node.show = (name, share, p) => {
    word.textContent = name;
    word.setAttribute("aria-label", `${name}: one share more`);
    less.setAttribute("aria-label", `${name}: one share less`);
    less.show(share > 0);
    count.textContent = share;
    chance.textContent = number(p);
    price.textContent = number(priceOf(p), 2);
  };
  return node;
}

function makeMenu(size, add) {
  const rows = Array.from({ length: size }, (_, i) => makeRow((by) => add(i, by)));
  const heads = ["next word", "shares", "your bet", "bits if it comes"];
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)));
  const body = element("tbody", {}, ...rows);
  const node = element("table", { class: "aw-menu" }, element("thead", {}, head), body);
  node.show = ({ rounds, story, bets, shares, vocab_size }) => {
    const place = rounds[story][bets.length];
    node.hidden = !place;
    if (!place) return;
    const bet = betOf(shares, vocab_size);
    [...place.menu, "any other (each)"].forEach((word, i) => rows[i].show(word, shares[i], bet[i]));
  };
  return node;
}

function makeScore(names) {
  const cells = ["you", ...names].map((name) => {
    const last = element("td"), total = element("td");
    const bar = element("div", { class: "aw-bar" }), mark = element("div", { class: "aw-mark" });
    const track = element("td", { "aria-hidden": "true" }, element("div", { class: "aw-track" }, bar, mark));
    const node = element("tr", {}, element("th", { scope: "row" }, name), last, total, track);
    return { node, last, total, bar, mark };
  });
  const heads = ["bits paid by", "last word", "so far"].map((text) => element("th", { scope: "col" }, text));
  const line = element("td", { "aria-hidden": "true" });
  const head = element("thead", {}, element("tr", {}, ...heads, line));
  const node = element("table", { class: "aw-score-table" }, head, element("tbody", {}, ...cells.map((c) => c.node)));
  node.show = (state) => {
    const prices = pricesOf(state), totals = totalsOf(state);
    const scale = Math.max(2 * state.floor, 1.05 * Math.max(...totals));
    line.textContent = `¦ floor ${number(state.floor, 2)}`;
    cells.forEach(({ last, total, bar, mark }, k) => {
      last.textContent = prices[k].length ? number(prices[k].at(-1), 2) : "";
      total.textContent = number(totals[k], 2);
      bar.style.width = `${(100 * totals[k]) / scale}%`;
      mark.style.left = `${(100 * state.floor) / scale}%`;
    });
  };
  return node;
}

function render({ model, el }) {
  const state = () => valuesOf(model, STATE), size = model.get("shares").length;
  const nothing = () => Array(size).fill(0);
  const over = () => model.get("bets").length === model.get("rounds")[model.get("story")].length;
  const add = (i, by) => {
    const shares = model.get("shares");
    change(model, { shares: shares.with(i, Math.max(0, shares[i] + by)) });
  };
  const lay = () => change(model, { bets: [...model.get("bets"), model.get("shares")], shares: nothing() });
  const begin = (story) => change(model, { bets: [], shares: nothing(), story });

  const told = element("p", { class: "aw-told" }), said = element("p", { "aria-live": "polite" });
  const menu = makeMenu(size, add), score = makeScore(model.get("names"));
  const bet = button("Bet", lay), clear = button("Clear", () => change(model, { shares: nothing() }));
  const stories = chooser("Story", model.get("rounds").length, begin);
  const again = button("Start again", () => begin(model.get("story")));
  const controls = element("div", { class: "aw-controls" }, bet, clear, stories, again);
  const draw = () => {
    const now = state();
    told.textContent = toldIn(now);
    menu.show(now);
    bet.show(!over());
    clear.show(now.shares.some((share) => share > 0));
    again.show(now.bets.length > 0);
    stories.show(now.rounds.map((_, i) => `${i + 1}`), now.story);
    said.textContent = readOut(now);
    score.show(now);
  };
  const vocabulary = model.get("vocab_size").toLocaleString("en");
  const hint = "Press a word to put a share on it. A twentieth of your bet is always spread over "
    + `all ${vocabulary} words; with no shares, all of it is.`;
  place(el, told, menu, controls, said, score, element("p", { class: "aw-hint" }, hint));
  draw();
  return onChange(model, STATE, draw);
}

export default { render };

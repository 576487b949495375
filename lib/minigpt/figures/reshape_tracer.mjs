// Numbers on their way through the heads: choose one, choose a way, and see where it lands.
import { change, chooser, element, onChange, place, toggle, valuesOf } from "./drawing.mjs";
import { STAGES, WAYS, captionOf, how, marks, reshaping, short, tablesOf } from "./reshaping.mjs";
import { roam } from "./roaming.mjs";

const SETTINGS = ["B", "T", "n_heads", "d_head", "way", "causal"];
const SIZES = { T: ["words", 2, 4], n_heads: ["heads", 1, 3], d_head: ["numbers a head", 1, 3], B: ["texts", 1, 2] };

function render({ model, el }) {
  const stages = element("div", { class: "aw-reshaping" });
  const said = element("p", { "aria-live": "polite" });
  const panel = element("div", { class: "aw-trace aw-fate" }, said);
  const names = Object.keys(WAYS);
  const way = chooser("way", names.length, (i) => change(model, { way: names[i] }));
  const mask = toggle("causal mask", (causal) => change(model, { causal }));
  const sizes = Object.entries(SIZES).map(([name, [label, low, high]]) => {
    const node = chooser(label, high - low + 1, (i) => resize(name, low + i));
    const options = Array.from({ length: high - low + 1 }, (_, i) => String(low + i));
    return { node, show: () => node.show(options, model.get(name) - low) };
  });
  const hint = "Choose a number, with the mouse or with tab, arrows and enter: its way lights up. A dashed " +
    "frame stands where it should have come from, or gone to.";
  const controls = element("div", { class: "aw-controls" }, way, mask, ...sizes.map(({ node }) => node));
  let made, cells;

  // A number that the new sizes do not have gives way to the first.
  function chosen() {
    const cell = model.get("cell");
    return cell[1] < made.split.length ? cell : ["x", 0];
  }

  function resize(name, value) {
    change(model, { [name]: value });
    change(model, { cell: chosen() });
  }

  function build() {
    const state = valuesOf(model, SETTINGS);
    made = reshaping(state);
    cells = {};
    stages.replaceChildren(...STAGES.map(stageOf));
    way.show(Object.values(WAYS), names.indexOf(state.way));
    mask.show(state.causal);
    sizes.forEach(({ show }) => show());
    draw();
  }

  function stageOf(stage) {
    const rows = [];
    const tables = tablesOf(made, stage).map((table) => tableOf(stage, table, rows));
    cells[stage] = rows.flat();
    const press = (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        event.target.click();
      } else roam(event, rows);
    };
    const caption = element("p", {}, element("code", {}, captionOf(made, stage)));
    const heads = element("div", { class: "aw-heads aw-scroll", onkeydown: press }, ...tables);
    return element("div", { class: `aw-at-${stage}-stage` }, caption, heads);
  }

  function tableOf(stage, { title, rows }, all) {
    const lines = rows.map(({ name, positions }) => {
      const nodes = positions.map((position) => {
        const act = () => change(model, { cell: [stage, position] });
        return element("td", { tabindex: "-1", onclick: act }, short(made.values[stage][position]));
      });
      all.push(nodes);
      return element("tr", {}, element("th", { scope: "row" }, name), ...nodes);
    });
    const caption = title ? [element("caption", {}, title)] : [];
    const label = title ? null : stage;
    const attributes = { class: "aw-matrix", role: "grid", "aria-label": label };
    return element("table", attributes, ...caption, element("tbody", {}, ...lines));
  }

  function draw() {
    const cell = chosen();
    for (const stage of STAGES) {
      const classes = marks(made, cell, stage);
      const stop = classes.findIndex((name) => /aw-chosen|aw-left/.test(name));
      cells[stage].forEach((node, i) => {
        node.className = classes[i];
        node.tabIndex = i === (cell[0] === stage ? cell[1] : stop) ? 0 : -1;
        node.setAttribute("aria-selected", String(cell[0] === stage && cell[1] === i));
      });
    }
    said.textContent = how(made, ...cell);
  }

  place(el, controls, element("p", { class: "aw-hint" }, hint), panel, stages);
  build();
  const stops = [onChange(model, SETTINGS, build), onChange(model, ["cell"], draw)];
  return () => stops.forEach((stop) => stop());
}

export default { render };

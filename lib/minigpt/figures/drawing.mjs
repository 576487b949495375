// How the figures draw: elements, numbers, colours, sliders. Only what two figures use.

// element("td", { class: "x", onclick: act }, "text", child): null leaves an attribute out.
export function element(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function furnish(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// As Python's `number` writes it: a true minus sign, and no minus before a zero.
export function number(value, digits = 3) {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "\u2212");
}

// A word that stands twice is told apart by its place.
export function labelsOf(words) {
  const twice = (word) => words.indexOf(word) !== words.lastIndexOf(word);
  return words.map((word, i) => (twice(word) ? `${word} (${i + 1})` : word));
}

const RAMP = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];

// The colour of a share from 0 to 1, dark to light, and black or white to write on it.
export function shade(share) {
  const at = share * (RAMP.length - 1);
  const low = Math.min(Math.floor(at), RAMP.length - 2);
  const colour = RAMP[low].map((c, i) => Math.round(c + (RAMP[low + 1][i] - c) * (at - low)));
  const [r, g, b] = colour.map((c) => (c / 255) ** 2.2);
  const bright = 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179;
  return { background: `rgb(${colour.join(", ")})`, ink: bright ? "#000" : "#fff" };
}

// Fill a figure's home. Plain keys pressed there are the figure's: around it, JupyterLab would
// move to another cell at an arrow key, or delete this one.
export function place(el, ...children) {
  el.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey) event.stopPropagation();
  });
  el.append(...children);
}

// Calls `redraw` whenever one of the model's values changes, until the returned function is called.
export function onChange(model, names, redraw) {
  for (const name of names) model.on(`change:${name}`, redraw);
  return () => names.forEach((name) => model.off(`change:${name}`, redraw));
}

// Acting in the figure: the values go to the model, and so to Python where there is one.
export function change(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

// A labelled range with its value in words beside it; `slider.show(value)` moves it from outside.
export function slider({ label, min, max, step, words, oninput }) {
  const input = element("input", { type: "range", min, max, step });
  const output = element("output", { "aria-hidden": "true" });
  input.addEventListener("input", () => oninput(Number(input.value)));
  const node = element("label", { class: "aw-slider" }, label, input, output);
  node.show = (value) => {
    input.value = value;
    output.textContent = words(value);
    input.setAttribute("aria-valuetext", words(value));
  };
  return node;
}

// The model's values of these names, as one object.
export function valuesOf(model, names) {
  return Object.fromEntries(names.map((name) => [name, model.get(name)]));
}

// Acts on a press. Where there is nothing to do it says so, and keeps the focus.
export function button(text, onclick) {
  const press = () => node.getAttribute("aria-disabled") !== "true" && onclick();
  const node = element("button", { type: "button", onclick: press }, text);
  node.show = (possible) => node.setAttribute("aria-disabled", !possible);
  return node;
}

// A choice by position from `size` names; `chooser.show(names, position)`.
export function chooser(label, size, onchoice) {
  const options = Array.from({ length: size }, (_, value) => element("option", { value }));
  const onchange = () => onchoice(Number(select.value));
  const select = element("select", { onchange }, ...options);
  const node = element("label", {}, label, select);
  node.show = (names, position) => {
    names.forEach((name, i) => (options[i].textContent = name));
    select.value = position;
  };
  return node;
}

// On or off; `toggle.show(on)`.
export function toggle(label, onchoice) {
  const input = element("input", { type: "checkbox", onchange: () => onchoice(input.checked) });
  const node = element("label", {}, input, label);
  node.show = (on) => (input.checked = on);
  return node;
}

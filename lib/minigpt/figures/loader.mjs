// A figure's home in a page without a kernel: its state is the JSON beside it.

// What anywidget's model offers to a figure, over a plain object.
export function makeModel(state) {
  const values = { ...state }, listeners = new Map();
  const of = (event) => listeners.get(event) ?? listeners.set(event, new Set()).get(event);
  return {
    get: (name) => values[name],
    set(name, value) {
      const changed = JSON.stringify(values[name]) !== JSON.stringify(value);
      values[name] = value;
      if (changed) of(`change:${name}`).forEach((act) => act());
    },
    on: (event, act) => void of(event).add(act),
    off: (event, act) => void of(event).delete(act),
    save_changes() {}, // nobody to tell
  };
}

// Draw every figure of this kind. The still picture goes only when the moving one is there.
export function start(kind, figure, page = document) {
  for (const home of page.querySelectorAll(`.aw-figure[data-figure="${kind}"]`)) {
    const state = home.querySelector('script[type="application/json"]').textContent;
    const el = page.createElement("div");
    try {
      figure.render({ model: makeModel(JSON.parse(state)), el });
      home.querySelector(".aw-static").replaceWith(el);
    } catch (error) {
      console.error(`The figure ${kind} stays still.`, error);
    }
  }
}

// Amounts, and what part of the whole each of them is.
import { change, element, number, onChange, place, slider } from "./drawing.mjs";

export function sharesOf(amounts) {
  const sum = amounts.reduce((a, b) => a + b);
  return amounts.map((amount) => amount / sum);
}

function render({ model, el }) {
  const words = element("p", { "aria-live": "polite" });
  const move = (i, value) => change(model, { amounts: model.get("amounts").with(i, value) });
  const sliders = model.get("labels").map((label, i) =>
    slider({
      label, min: 1, max: 9, step: 1,
      words: (amount) => number(amount, 0),
      oninput: (amount) => move(i, amount),
    }),
  );
  const draw = () => {
    const amounts = model.get("amounts"), shares = sharesOf(amounts);
    const said = model.get("labels").map((label, i) => `${label} ${number(shares[i])}`);
    words.textContent = said.join(", ");
    sliders.forEach((one, i) => one.show(amounts[i]));
  };
  place(el, ...sliders, words);
  draw();
  return onChange(model, ["amounts"], draw);
}

export default { render };

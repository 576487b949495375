// Arrow keys move the focus among rows of nodes, of which one is the tab stop.
export function roam(event, rows) {
  const i = rows.findIndex((row) => row.includes(event.target));
  if (i < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  const j = rows[i].indexOf(event.target), last = rows[i].length - 1;
  const places = {
    ArrowUp: [i - 1, j], ArrowDown: [i + 1, j], ArrowLeft: [i, j - 1], ArrowRight: [i, j + 1],
    Home: [i, 0], End: [i, last],
  };
  if (!places[event.key]) return;
  event.preventDefault();
  const [row, column] = places[event.key], node = rows[row]?.[column];
  if (!node) return;
  rows.flat().forEach((other) => (other.tabIndex = other === node ? 0 : -1));
  node.focus();
}

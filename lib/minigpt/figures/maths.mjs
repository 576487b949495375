// What the figures compute. Matrices are arrays of rows; nothing here knows of a page.

export function dot(a, b) {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

export function transpose(matrix) {
  return matrix[0].map((_, j) => matrix.map((row) => row[j]));
}

export function matmul(a, b) {
  const columns = transpose(b);
  return a.map((row) => columns.map((column) => dot(row, column)));
}

// Scores of every query with every key, divided by the root of their width.
export function scaledScores(q, k) {
  const root = Math.sqrt(q[0].length);
  return matmul(q, transpose(k)).map((row) => row.map((score) => score / root));
}

// Of one row. A score of -Infinity takes no share; where all are, nothing is shared out.
export function softmax(scores) {
  const top = Math.max(...scores);
  if (top === -Infinity) return scores.map(() => 0);
  const powers = scores.map((score) => Math.exp(score - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

// In bits; a weight of 0 adds nothing.
export function entropy(weights) {
  return weights.reduce((sum, p) => sum - (p > 0 ? p * Math.log2(p) : 0), 0);
}

// The least of 1, 2, 4 and 10 times a power of ten that is not below the value.
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 10].map((step) => step * power).find((step) => value <= step);
}

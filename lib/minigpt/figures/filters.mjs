// The filters of sampling: logits in, logits out, with -Infinity where a token is cut.
import { softmax } from "./maths.mjs";

// Those below the k-th highest are cut; ties with it stay.
export function keepTopK(logits, k) {
  const kth = [...logits].sort((a, b) => b - a)[Math.min(k, logits.length) - 1];
  return logits.map((logit) => (logit < kth ? -Infinity : logit));
}

// The likeliest stay until their weights reach p, the one that crosses included.
export function keepTopP(logits, p) {
  const order = logits.map((_, i) => i).sort((i, j) => logits[j] - logits[i]);
  const weights = softmax(order.map((i) => logits[i])), kept = [...logits];
  let sum = 0;
  order.forEach((i, rank) => {
    sum += weights[rank];
    if (sum - weights[rank] >= p) kept[i] = -Infinity; // the likelier ones reach it already
  });
  return kept;
}

// Those less than `share` times as likely as the likeliest are cut.
export function keepMinP(logits, share) {
  const weights = softmax(logits), floor = share * Math.max(...weights);
  return logits.map((logit, i) => (weights[i] < floor ? -Infinity : logit));
}

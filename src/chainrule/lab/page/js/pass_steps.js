// The operations of a pass in groups: one by one, or those of one layer and one direction together.

/** Lists of the numbers of operations. */
export function groupsOf(steps, by) {
  const groups = [];
  steps.forEach((step, number) => {
    const before = steps[number - 1];
    const same = by === "layer" && before && before.phase === step.phase && before.layer === step.layer;
    if (same) groups.at(-1).push(number);
    else groups.push([number]);
  });
  return groups;
}

/** Which group an operation is in. */
export function groupOf(groups, number) {
  return Math.max(0, groups.findIndex((group) => group.includes(number)));
}

/** The first operation of a layer in one direction, "forward" if none is said; that of the layer alone if it has none there. */
export function operationOf(pass, {layer, phase = "forward"}) {
  const inLayer = (step) => step.layer === layer || step.layer.startsWith(`${layer}.`);
  const there = pass.steps.findIndex((step) => inLayer(step) && step.phase === phase);
  return there >= 0 ? there : Math.max(0, pass.steps.findIndex(inLayer));
}

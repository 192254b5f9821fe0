// Each step is an array: [kind, epoch, line, focus, marks, states]. Showing a step sets texts and classes.
const KINDS = { leaves: "forward", operation: "forward", seed: "backward", edge: "backward", scope: "backward", result: "backward", update: "update" };

// Returns a step with everything that it sets. For most steps, the data omits the parts that can be inferred from slots
// (indices into the numbers): for an operation, from the slot of the value; for an edge, from the slots of the local
// derivative, the gradient and the contribution.
function expanded(step) {
  if (step.length === 5) {
    const [kind, epoch, line, focus, value] = step, [box, ...edges] = focus;
    const slopes = edges.map((edge) => [edge, [[2, value + 1 + Number(edge.split("_")[1])]]]);
    return [kind, epoch, line, focus, { [`${box}:d`]: ["data ", value], ...Object.fromEntries(slopes) }, { [box]: "known" }];
  }
  if (step.length < 7) return step;
  const [kind, epoch, line, [edge, operand, result], local, above, sent] = step, done = sent < 0, slot = Math.abs(sent);
  const marks = { [edge]: [["x", local, above, slot]], [`${operand}:g`]: [[done ? "G" : "g", slot + 1]] };
  const text = line.length < 2 ? line[0] : chainRule(line, local, above, slot);
  return [kind, epoch, text, [edge, operand, result], marks, done ? { [edge]: "sent", [operand]: "complete" } : { [edge]: "sent" }];
}

function chainRule([start, end, ...given], local, above, sent) {
  const before = typeof given[0] === "number" ? [[2, given.shift()], " + ", [3, sent], " = "] : [];
  const worked = ["=", ...given, [[2, local], "·", [3, above]], [[2, sent]]];
  return [start, worked, ["?", local, above, sent], end, ...before, [2, sent + 1]];
}

// Returns the nodes and edges in the picture, measured only once, since none of them moves.
function measured(svg) {
  const things = new Map();
  for (const g of svg.querySelectorAll("g.node, g.edge")) {
    const base = g.getAttribute("class"), b = g.getBBox(), m = g.parentNode.transform.baseVal.consolidate().matrix;
    const box = { left: b.x + m.e, top: b.y + m.f, right: b.x + b.width + m.e, bottom: b.y + b.height + m.f };
    things.set(g.id, { g, base, box, name: base, away: false });
  }
  return things;
}

// Returns the text of a node or edge before the first step.
function untold(slot, things) {
  const [id, part] = slot.split(":");
  if (!part) return "";
  return part === "d" ? "data ·" : things.get(id).g.classList.contains("folded") ? "‖grad‖ ·" : "grad ·";
}

// Returns the text elements that steps change: the last lines of a node are its data and its gradient, and an edge has
// one line.
function placed(data, things) {
  const slots = new Map();
  for (const slot of data.marks) {
    const [id, part] = slot.split(":"), lines = things.get(id).g.querySelectorAll("text");
    const line = part === "d" ? lines[lines.length - 2] : lines[lines.length - 1];
    if (line) slots.set(slot, line.firstChild);
  }
  return slots;
}

// Returns the steps of one order and, for every text and every state, the steps that set it.
function course(data, things, order) {
  const steps = order.map((i) => expanded(data.steps[i]));
  const texts = new Map(data.marks.map((slot) => [slot, [[-1, untold(slot, things)]]]));
  const states = new Map([...things.keys()].map((id) => [id, [[-1, ""]]]));
  const history = new Map(Object.keys(data.names).map((id) => [id, []]));
  steps.forEach(([kind, , , focus, marks, become], k) => {
    const about = new Set(kind === "operation" || kind === "scope" ? focus : []);
    for (const [slot, text] of Object.entries(marks)) {
      texts.get(slot).push([k, text]);
      about.add(slot.split(":")[0]);
    }
    for (const [id, state] of Object.entries(become)) {
      states.get(id).push([k, state]);
      about.add(id);
    }
    for (const id of about) if (history.has(id)) history.get(id).push(k);
  });
  return { steps, texts, states, history };
}

function reached(list, k) {
  let low = 0, high = list.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (list[middle][0] <= k) low = middle; else high = middle - 1;
  }
  return list[low][1];
}

// Shows steps, and calls `told` after each change of the step or the numbers.
function stepping(data, things, fill, state, told) {
  const slots = placed(data, things), courses = data.orders.map((order) => course(data, things, order));
  const shown = new Map(), open = new Map(), extra = new Map(); // extra: classes that the page's tools set
  let now = courses[0], at = -2, focus = new Set();

  function say(slot, line, dirty) {
    if (!slots.has(slot)) return;
    state.open = false;
    const text = fill(line);
    if (open.get(slot) !== state.open) {
      open.set(slot, state.open);
      dirty.add(slot.split(":")[0]);
    }
    if (shown.get(slot) === text) return;
    shown.set(slot, text);
    slots.get(slot).data = text;
  }
  function paint(id) {
    const thing = things.get(id), become = reached(now.states.get(id), at);
    const waiting = id in data.names && !become ? "waiting" : become;
    const unknown = open.get(id) || open.get(`${id}:d`) || open.get(`${id}:g`) ? "unknown" : "";
    const name = [thing.base, waiting, focus.has(id) ? "active" : "", unknown, extra.get(id)].filter(Boolean).join(" ");
    if (thing.name === name) return;
    thing.name = name;
    thing.g.setAttribute("class", name);
  }
  function refresh() { // after the numbers have changed
    const dirty = new Set();
    for (const [slot, list] of now.texts) say(slot, reached(list, at), dirty);
    for (const id of dirty) paint(id);
    told(false);
  }
  function show(k) {
    const forward = k === at + 1, dirty = new Set(), before = focus;
    at = Math.max(0, Math.min(now.steps.length - 1, k));
    const [, , , about, marks, become] = now.steps[at];
    focus = new Set(about);
    if (forward) {
      for (const [slot, line] of Object.entries(marks)) say(slot, line, dirty);
      for (const id of new Set([...before, ...focus, ...Object.keys(become), ...dirty])) paint(id);
    } else {
      for (const [slot, list] of now.texts) say(slot, reached(list, at), dirty);
      for (const id of things.keys()) paint(id);
    }
    told(true);
  }
  function mark(classes) { // a Map from ids to classes that the page's tools set
    const ids = new Set([...extra.keys(), ...classes.keys()]);
    extra.clear();
    for (const [id, name] of classes) extra.set(id, name);
    for (const id of ids) paint(id);
  }
  // Changes the order, and returns the step to show. Both orders have the same number of steps, and diverge at the start of
  // a sweep.
  function order(unsorted) {
    let k = Math.min(at, courses[Number(unsorted)].steps.length - 1);
    if (KINDS[now.steps[at][0]] === "backward") while (now.steps[k][0] !== "seed") k--;
    now = courses[Number(unsorted)];
    return k;
  }
  return {
    show, refresh, mark, order, at: () => at, steps: () => now.steps, focus: () => [...focus],
    line: (k = at) => fill(now.steps[k][2]), history: (id) => now.history.get(id), unsorted: () => now === courses[1],
    count: () => now.steps.length,
  };
}

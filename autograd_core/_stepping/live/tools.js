// The tools: descend, numeric, paths, second order and quiz. Each works with the current values of the leaves.
function element(name, text = "", properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text }, properties);
}
function tools(data, play, hand, steps, second) {
  const { numbers } = play, panel = document.getElementById("tool");
  const written = (x) => formatted(x, data.precision);
  const gradients = () => play.sweep();
  const boxOf = new Map(Object.entries(data.slots).map(([id, slot]) => [slot, id]));
  let tool = null;

  function logarithmic(label, low, high, start, changed) { // a slider over powers of ten
    const input = element("input", "", { type: "range", min: low, max: high, step: 0.1, value: Math.log10(start) });
    const said = element("output"), holder = element("label", `${label} `);
    const value = () => Number((10 ** Number(input.value)).toPrecision(3));
    input.oninput = () => { said.textContent = formatted(value(), 3); changed(); };
    said.textContent = formatted(value(), 3);
    input.setAttribute("aria-label", label);
    holder.append(input, said);
    return { holder, value };
  }
  function choice(label, changed, ids = data.leaves) {
    const select = element("select"), holder = element("label", `${label} `);
    select.append(...ids.map((id) => element("option", data.names[id], { value: id })));
    select.onchange = changed;
    select.setAttribute("aria-label", label);
    holder.append(select);
    return { holder, value: () => select.value };
  }
  function table(head, rows) {
    const made = element("table"), top = element("tr");
    top.append(...head.map((text) => element("th", text, { scope: "col" })));
    made.append(top, ...rows.map((cells) => {
      const row = element("tr");
      row.append(...cells.map((text, i) => element(i ? "td" : "th", text)));
      return row;
    }));
    return made;
  }

  // --- descend: repeats w ← w − η·g, and draws the curve of the output
  function descend() {
    const curve = element("div", "", { id: "curve" });
    let losses = [];
    const rate = logarithmic("η", -4, 1, data.rate === null ? 0.1 : numbers[data.rate], () => {});
    const draw = () => {
      const known = losses.filter(Number.isFinite), low = Math.min(...known), high = Math.max(...known), count = losses.length;
      const points = losses.map((y, i) => [4 + 212 * i / Math.max(1, count - 1), 56 - 48 * (high > low ? (y - low) / (high - low) : 0.5)]);
      const line = points.filter(([, y]) => Number.isFinite(y)).map((p) => p.map((x) => x.toFixed(1)).join(",")).join(" ");
      curve.innerHTML = `<svg viewBox="0 0 220 60" width="220" height="60" role="img" aria-label="The output after each step of descent"><polyline points="${line}"/></svg>`;
      curve.append(element("span", `steps: ${count - 1}; output: ${written(losses[count - 1])}, at first ${written(losses[0])}`));
    };
    const restart = () => { losses = [play.output()]; draw(); };
    let own = false;
    const go = (times) => {
      hand.remember();
      own = true;
      for (let i = 0; i < times; i++) {
        const slope = gradients();
        if (!slope) break;
        for (const at of data.trained) numbers[at] -= rate.value() * slope[at];
        play.run(data.forward);
        losses.push(play.output());
      }
      hand.settle();
      own = false;
      draw();
    };
    const one = element("button", "step down", { type: "button", onclick: () => go(1) });
    const ten = element("button", "10 steps", { type: "button", onclick: () => go(10) });
    panel.append(element("p", `w ← w − η·grad(w) for every ${data.parameters ? "parameter" : "leaf"}`), one, ten, rate.holder, curve);
    restart();
    return { update: () => { if (!own) restart(); } };
  }

  // --- numeric: compares the gradient with (f(x + h) − f(x − h)) / 2h
  function numeric() {
    const step = logarithmic("h", -16, 0, 1e-5, () => update()), holder = element("div", "", { className: "rows" });
    const ids = Object.keys(data.slots).filter((id) => !(data.roots.length === 1 && data.slots[id] === data.roots[0]));
    function update() {
      const slope = gradients(), h = step.value();
      const rows = ids.slice(0, 200).map((id) => {
        const at = data.slots[id], x = numbers[at], exact = slope ? slope[at] + 0 : NaN;
        const [above, below] = play.aside(() => [play.outputAt(at, x + h), play.outputAt(at, x - h)]);
        const found = (above - below) / ((x + h) - (x - h));
        return [data.names[id], formatted(exact, 10), formatted(found, 10), formatted(Math.abs(exact - found), 2)];
      });
      holder.replaceChildren(table(["", "grad", "(f(x + h) − f(x − h)) / 2h", "difference"], rows));
    }
    panel.append(element("p", "If h is large, the quotient differs from the derivative; if h is small, rounding errors dominate."), step.holder, holder);
    update();
    return { update };
  }

  // --- paths: lists every path from a leaf to the output, with the product of the local derivatives along the path
  const MOST_PATHS = 200;
  const above = new Map(); // for each slot, the slots computed from it, each with the index of the operand
  for (const [, slot, ...reads] of data.code.slice(0, data.forward)) reads.forEach((x, k) => {
    if (x >= 0) above.set(x, [...(above.get(x) ?? []), [slot, k]]);
  });
  function counted(from) {
    const counts = new Map(data.roots.map((root) => [root, 1n]));
    for (const [, slot, ...reads] of data.code.slice(0, data.forward).reverse()) {
      for (const x of reads) if (x >= 0) counts.set(x, (counts.get(x) ?? 0n) + (counts.get(slot) ?? 0n));
    }
    return counts.get(from) ?? 0n;
  }
  function paths() {
    const holder = element("div", "", { className: "rows" }), leaf = choice("from", () => { chosen = -1; update(); });
    let chosen = -1;
    function update() {
      const from = data.slots[leaf.value()], count = counted(from), slope = gradients(), total = slope ? slope[from] + 0 : NaN;
      if (count > BigInt(MOST_PATHS)) {
        holder.replaceChildren(element("p", `${count} paths lead from ${data.names[leaf.value()]} to the output: too many to list. The sum of their products is the gradient, ${written(total)}.`));
        return steps.mark(new Map());
      }
      const found = [], walk = (slot, way) => {
        if (data.roots.includes(slot)) found.push(way);
        for (const [next, k] of above.get(slot) ?? []) walk(next, [...way, [slot, next, k]]);
      };
      walk(from, []);
      const product = (way) => way.reduce((p, [, next, k]) => p * numbers[next + 1 + k] + 0, 1);
      let sum = 0;
      const list = element("ol");
      found.forEach((way, i) => {
        sum += product(way);
        const names = [from, ...way.map(([, next]) => next)].map((slot) => data.names[boxOf.get(slot)] ?? "…");
        const button = element("button", `${names.join(" → ")}: ${way.map(([, next, k]) => bracketed(written(numbers[next + 1 + k] + 0))).join("·") || "1"} = ${written(product(way))}`, { type: "button" });
        button.setAttribute("aria-pressed", String(i === chosen));
        button.onclick = () => { chosen = i === chosen ? -1 : i; update(); };
        const item = element("li");
        item.append(button);
        list.append(item);
      });
      holder.replaceChildren(element("p", `${found.length} path${found.length === 1 ? "" : "s"}; the sum of the products is ${written(sum)} = grad(${data.names[leaf.value()]})`), list);
      const classes = new Map();
      for (const way of chosen < 0 ? found : [found[chosen]]) for (const [slot, next, k] of way) {
        for (const id of [boxOf.get(slot), boxOf.get(next)]) if (id) classes.set(id, "path");
        if (boxOf.has(next)) classes.set(`e${boxOf.get(next).slice(1)}_${k}`, "path");
      }
      steps.mark(new Map([...classes].filter(([id]) => document.getElementById(id))));
    }
    panel.append(leaf.holder, holder);
    update();
    return { update, close: () => steps.mark(new Map()) };
  }

  // --- second order: shows an entry of the Hessian, computed from the graph of the gradients
  function hessian() {
    const said = element("p"), one = choice("∂²/∂", () => update()), other = choice("∂", () => update());
    function update() {
      second.put(data.leaves.map((id) => numbers[data.slots[id]]));
      const found = second.entry(data.leaves.indexOf(one.value()), data.leaves.indexOf(other.value()));
      said.textContent = `∂²${data.roots.length === 1 ? data.names[boxOf.get(data.roots[0])] ?? "output" : "Σ"}/∂${data.names[one.value()]}∂${data.names[other.value()]} = ${formatted(found, 10)}`;
    }
    panel.append(one.holder, other.holder, said);
    update();
    return { update };
  }

  // --- quiz: the reader predicts the next contribution before it is shown
  function quiz() {
    const asked = element("p"), answer = element("input", "", { type: "text", inputMode: "decimal" }), said = element("p", "", { id: "verdict" });
    answer.setAttribute("aria-label", "your answer");
    said.setAttribute("role", "status");
    let right = 0, tried = 0, due = null;
    function ask() {
      let k = steps.at() + 1;
      const list = steps.steps();
      while (k < list.length && list[k][0] !== "edge") k++;
      due = k < list.length ? k : null;
      asked.textContent = due === null ? "There are no more edges: go back to the start."
        : `What does ${data.names[list[k][3][2]]} add to grad(${data.names[list[k][3][1]]}) along the next edge?`;
    }
    function check() {
      if (due === null || answer.value.trim() === "") return;
      const edge = steps.steps()[due], mark = edge[4][edge[3][0]], slot = mark?.[0][3];
      const is = slot === undefined ? NaN : numbers[slot] + 0, got = Number(answer.value.replace(",", "."));
      const near = Math.abs(got - is) <= 0.5 * 10 ** (1 - data.precision) * Math.max(Math.abs(is), Math.abs(got)) || Object.is(got + 0, is);
      tried += 1;
      right += near ? 1 : 0;
      const verdict = near ? `Right: it adds ${written(is)}` : `Not quite: the contribution is the local derivative times the upstream gradient; you answered ${answer.value}`;
      said.textContent = `${verdict}. ${right} of ${tried} right.`;
      if (!near) return;
      answer.value = "";
      steps.show(due);
      ask();
    }
    answer.onkeydown = (event) => { if (event.key === "Enter") check(); };
    panel.append(asked, answer, element("button", "check", { type: "button", onclick: check }), element("button", "show", { type: "button", onclick: () => { if (due !== null) steps.show(due); ask(); } }), said);
    ask();
    return { update: () => {}, step: ask };
  }

  const unfolded = data.leaves.length && !data.note;
  const known = { descend, numeric, ...(unfolded ? { paths } : {}), ...(second ? { "second order": hessian } : {}), quiz };
  const bar = document.getElementById("tools");
  function open(name) {
    if (tool?.close) tool.close();
    const same = tool?.name === name;
    panel.replaceChildren();
    tool = same ? null : { name, ...known[name]() };
    panel.hidden = !tool;
    for (const button of bar.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.textContent === tool?.name));
    const live = document.getElementById("live"); // scroll the opened tool into view, since the section may be short
    if (tool) live.scrollTop += panel.getBoundingClientRect().top - live.getBoundingClientRect().top;
  }
  bar.append(...Object.keys(known).map((name) => element("button", name, { type: "button", onclick: () => open(name) })));
  return { update: () => tool?.update(), step: () => tool?.step?.(), quizzing: () => tool?.name === "quiz" };
}

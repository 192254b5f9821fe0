// Lets the reader change the values of leaves (by dragging, typing or pressing keys), undo changes, and return to the
// recorded numbers.
function leaves(data, play, changed) {
  const { numbers, recorded, reasons } = play, slot = (id) => data.slots[id];
  const panel = document.getElementById("leaves"), inputs = new Map(), MOST_UNDONE = 500;
  const past = [], future = [];
  const rate = data.rate === null ? [] : [["rate", "η", data.rate]];
  const all = [...data.leaves.map((id) => [id, data.names[id], slot(id)]), ...rate];
  const movable = [...new Set([...all.map(([, , at]) => at), ...data.trained])]; // some parameters are inside folded boxes
  const values = () => movable.map((at) => numbers[at]);
  const moved = () => movable.some((at) => !Object.is(numbers[at], recorded[at]));
  // One unit in the third significant digit of x.
  const grain = (x) => 10 ** (Math.floor(Math.log10(Math.max(Math.abs(x), 0.1))) - 2);
  const tidy = (x, by) => Number((Math.round(x / by) * by).toPrecision(12));

  function settle() {
    if (moved()) play.run();
    else { numbers.set(recorded); play.why.fill(0); play.remarks.length = 0; }
    for (const [id, , at] of all) {
      const input = inputs.get(id);
      if (document.activeElement !== input || Number(input.value) !== numbers[at]) input.value = String(numbers[at]);
      input.parentNode.classList.toggle("moved", !Object.is(numbers[at], recorded[at]));
    }
    document.getElementById("undo").setAttribute("aria-disabled", String(!past.length));
    document.getElementById("reset").setAttribute("aria-disabled", String(!moved()));
    const lost = reasons.find((reason, i) => play.why.includes(i + 1));
    const read = [...new Set(play.remarks)].join("; "), remark = read ? ` ${read}: anything computed from a plain number stays as recorded.` : "";
    document.getElementById("said").textContent = (lost ? `${lost}. Entries shown as a grey ? are unknown for these numbers.` : "") + remark;
    changed();
  }
  function remember() {
    past.push(values());
    if (past.length > MOST_UNDONE) past.shift();
    future.length = 0;
  }
  function put(list) {
    movable.forEach((at, i) => { numbers[at] = list[i]; });
    settle();
  }
  const written = () => movable.filter((at) => !Object.is(numbers[at], recorded[at])).map((at) => `${at}:${numbers[at]}`).join(",");
  function read(text) {
    for (const at of movable) numbers[at] = recorded[at];
    for (const [at, x] of text.split(",").map((part) => part.split(":").map(Number))) {
      if (movable.includes(at) && Number.isFinite(x)) numbers[at] = x;
    }
    settle();
  }
  function set(at, x) {
    numbers[at] = x;
    settle();
  }
  function type(at, text) {
    const x = Number(text);
    if (text.trim() === "" || !Number.isFinite(x) || x === numbers[at]) return settle();
    remember();
    set(at, x);
  }
  function nudge(id, steps) {
    const at = slot(id), by = grain(numbers[at]);
    remember();
    set(at, tidy(numbers[at] + steps * by, by));
  }
  function back(from, to) {
    if (!from.length) return;
    to.push(values());
    put(from.pop());
  }
  const undo = () => back(past, future), redo = () => back(future, past);
  function reset() {
    if (!moved()) return;
    remember();
    put(movable.map((at) => recorded[at]));
  }
  function scrub(id, start, pixels) { // `start` is the number at the start of the drag
    const by = grain(start);
    set(slot(id), tidy(start + pixels * by, by));
  }

  for (const [id, name, at] of all) {
    const label = document.createElement("label"), input = document.createElement("input");
    input.type = "number";
    input.step = "any";
    input.value = String(numbers[at]);
    input.setAttribute("aria-label", `value of ${name}`);
    input.onchange = () => type(at, input.value);
    input.onkeydown = (event) => {
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      const by = grain(numbers[at]), steps = (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1);
      remember();
      set(at, tidy(numbers[at] + steps * by, by));
    };
    label.append(name, input);
    inputs.set(id, input);
    panel.append(label);
  }
  document.getElementById("undo").onclick = undo;
  document.getElementById("reset").onclick = reset;
  document.getElementById("hand").hidden = !all.length;
  return { undo, redo, reset, nudge, scrub, remember, written, read, moved, settle, edit: (id) => inputs.get(id).select() };
}

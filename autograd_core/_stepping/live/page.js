// Assembles the page from its parts, and handles controls, keys and links.
const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const svg = document.querySelector("#graph svg");
const framed = window.parent !== window;
const things = measured(svg), play = player(data, table), { fill, state } = filling(play, data.precision);
const view = viewing(svg, things);
let looked = null, timer = null, drag = null;
const steps = stepping(data, things, fill, state, told);
const live = !data.still;
const hand = live ? leaves(data, play, () => { steps.refresh(); learn.update(); }) : null;
const learn = live ? tools(data, play, hand, steps, data.second && hessianOf(data.second)) : { update() {}, step() {}, quizzing: () => false };
const source = data.program ? sourcing(data.program, data.names, steps.mark) : { light() {} };
byId("said").textContent = data.still;
byId("live").classList.toggle("still", !live);

function hessianOf(program) {
  const inner = player(program, table);
  return {
    put: (values) => { program.leaves.forEach((slot, i) => { inner.numbers[slot] = values[i]; }); inner.run(); },
    entry(i, j) {
      if (program.roots[i] === null) return 0;
      if (inner.why[program.roots[i]]) return NaN;
      const found = inner.sweep([program.roots[i]]);
      return found ? found[program.leaves[j]] + 0 : NaN;
    },
  };
}

// --- the texts outside the picture that each step sets
function told(stepped) {
  const list = steps.steps(), at = steps.at(), [kind, epoch, , now] = list[at], last = list.length - 1;
  const of = data.epochs > 1 ? ` · epoch ${epoch} of ${data.epochs}` : "", note = data.note ? ` · ${data.note}` : "";
  const moved = hand?.moved() ? " · values changed by you" : "";
  byId("where").textContent = `step ${at + 1} of ${list.length} · ${KINDS[kind]}${of}${note}${moved}`;
  const line = steps.line();
  byId("line").textContent = line;
  const slider = byId("slider");
  slider.max = last;
  slider.value = at;
  slider.setAttribute("aria-valuetext", `step ${at + 1} of ${list.length}: ${line}`);
  const ends = { first: at === 0, previous: at === 0, next: at === last, last: at === last };
  for (const [id, done] of Object.entries(ends)) byId(id).setAttribute("aria-disabled", String(done)); // unlike `disabled`, this keeps the focus
  if (looked) tell(looked);
  if (!stepped) return;
  if (at === last) playing(false);
  learn.step();
  source.light(kind === "edge" ? [now[2], now[1]] : now); // an edge's step belongs to the source line of its result
  view.follow(now, list.slice(at).find((step) => step[3].length)?.[3] ?? []);
}
function playing(on) {
  clearInterval(timer);
  timer = null;
  if (on) {
    if (steps.at() === steps.count() - 1) steps.show(0);
    timer = setInterval(() => steps.show(steps.at() + 1), Number(byId("speed").value));
  }
  byId("play").textContent = on ? "❚❚ pause" : "▶ play";
  byId("play").setAttribute("aria-pressed", String(on));
  byId("play").setAttribute("aria-label", on ? "Pause" : "Play");
  byId("line").setAttribute("aria-live", on ? "off" : "polite"); // while playing, a screen reader would not keep up
}
const go = (k) => { playing(false); steps.show(k); };
const by = (steps_) => go(steps.at() + steps_);

// --- nodes: clicking a node goes to the next step that changes the node, hovering shows the node's history, and dragging
// changes a leaf's value
const ends = new Map(); // the boxes at the ends of each edge; the edges of a box are highlighted while its history is shown
for (const [kind, , , [first, ...rest]] of data.steps) {
  if (kind === "edge") ends.set(first, rest);
  if (kind === "scope") for (let i = 0; i < rest.length; i += 2) ends.set(rest[i], [rest[i + 1], first]);
}
function tell(id) {
  if (id !== looked) for (const [edge, boxes] of ends) things.get(edge).g.toggleAttribute("data-near", boxes.includes(id));
  looked = id;
  if (id) source.light([id]);
  const panel = byId("history"), at = steps.at();
  panel.hidden = !id;
  if (!id) return;
  panel.querySelector("h2").textContent = data.names[id];
  panel.querySelector("ol").replaceChildren(...steps.history(id).map((k) => {
    const past = k === at ? "now" : k < at ? "past" : "";
    return element("li", `step ${k + 1}: ${steps.line(k)}`, { className: past });
  }));
  stand(panel, id);
  const latest = panel.querySelector("li.now") ?? [...panel.querySelectorAll("li.past")].pop();
  panel.scrollTop = latest ? latest.offsetTop - panel.clientHeight / 2 : 0;
}
function stand(panel, id) { // puts the panel where it covers the least, and over the node itself only as a last resort
  const area = view.graph.getBoundingClientRect(), width = panel.offsetWidth + 16, height = panel.offsetHeight + 16;
  const { scale, x: dx, y: dy } = view.now(), focus = steps.focus();
  const overlap = (from, to, low, high) => Math.max(0, Math.min(to, high) - Math.max(from, low));
  const covered = ([x, y]) => [...things.values()].reduce((sum, { g, box: { left, right, top, bottom } }) => {
    const weight = g.id === id ? 1000 : focus.includes(g.id) ? 10 : g.id[0] === "n" ? 1 : 0.1;
    const wide = overlap(left * scale + dx, right * scale + dx, x, x + width);
    return sum + weight * wide * overlap(top * scale + dy, bottom * scale + dy, y, y + height);
  }, 0);
  const right = view.room.width - width, low = view.room.height - height;
  const corners = [[right, low], [0, low], [right, 0], [0, 0]].map((corner) => [covered(corner), corner]);
  const [, [x, y]] = corners.reduce((best, corner) => (corner[0] < best[0] ? corner : best));
  panel.style.left = `${area.left + x + 8}px`;
  panel.style.top = `${area.top + y + 8}px`;
}
const visit = (id) => {
  const known = steps.history(id);
  if (known.length) go(known.find((k) => k > steps.at()) ?? known[0]);
};
for (const id of Object.keys(data.names)) {
  const { g } = things.get(id), leaf = live && data.leaves.includes(id);
  g.setAttribute("tabindex", "0");
  g.setAttribute("role", "button");
  g.setAttribute("aria-label", `${data.names[id]}: go to the next step that changes it${leaf ? "; Shift and arrow keys change its value" : ""}`);
  g.classList.toggle("leaf", leaf);
  if (leaf) things.get(id).base = things.get(id).name = g.getAttribute("class");
  g.addEventListener("click", () => { if (!drag || !drag.moved) visit(id); });
  g.addEventListener("mouseenter", () => { if (!drag) tell(id); });
  g.addEventListener("mouseleave", () => tell(null));
  g.addEventListener("focus", () => {
    tell(id);
    if (g.matches(":focus-visible")) view.reveal([id]); // only for the keyboard, since a node must not move away from under the pointer
  });
  g.addEventListener("blur", () => tell(null));
  if (leaf) g.addEventListener("dblclick", () => hand.edit(id));
}
svg.setAttribute("role", "group");
svg.setAttribute("aria-label", "The graph");

view.graph.addEventListener("wheel", (event) => {
  if (framed && !event.ctrlKey && !event.metaKey) return; // the notebook scrolls instead
  event.preventDefault();
  const area = view.graph.getBoundingClientRect();
  view.zoom(Math.exp(-event.deltaY / 400), event.clientX - area.left, event.clientY - area.top);
}, { passive: false });
const fingers = new Map(); // the position of each finger on a touch screen
function spread() {
  const [[ax, ay], [bx, by]] = fingers.values(), area = view.graph.getBoundingClientRect();
  return { wide: Math.hypot(ax - bx, ay - by), x: (ax + bx) / 2 - area.left, y: (ay + by) / 2 - area.top };
}
function pinched(event) { // two fingers zoom about their midpoint, and drag the picture along
  const before = spread();
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  const after = spread(), { x, y } = view.now();
  view.choose(x + after.x - before.x, y + after.y - before.y);
  if (before.wide > 0) view.zoom(after.wide / before.wide, after.x, after.y);
}
view.graph.addEventListener("pointerdown", (event) => {
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  if (fingers.size === 2 && drag) Object.assign(drag, { moved: true, leaf: null }); // so that the drag does not end in a click
  if (fingers.size > 1) return;
  const node = event.target.closest("g.node.leaf"), { x, y } = view.now();
  drag = { x: event.clientX, y: event.clientY, view: { x, y }, moved: false, leaf: node?.id, start: node && play.numbers[data.slots[node.id]] };
});
window.addEventListener("pointermove", (event) => {
  if (fingers.size === 2 && fingers.has(event.pointerId)) return pinched(event);
  if (!drag || fingers.size > 1) return;
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
  if (!drag.moved && Math.hypot(dx, dy) < 4) return;
  if (!drag.moved) {
    view.graph.classList.add(drag.leaf ? "scrubbing" : "dragging");
    tell(null);
    if (drag.leaf) hand.remember();
  }
  drag.moved = true;
  if (drag.leaf) hand.scrub(drag.leaf, drag.start, Math.round(dx));
  else view.choose(drag.view.x + dx, drag.view.y + dy);
});
for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, (event) => {
  fingers.delete(event.pointerId);
  if (fingers.size && drag) { // the remaining finger continues from here
    const [[x, y]] = fingers.values();
    Object.assign(drag, { x, y, view: { x: view.now().x, y: view.now().y } });
    return;
  }
  view.graph.classList.remove("dragging", "scrubbing");
  setTimeout(() => { drag = null; }, 0); // after the click that ends a drag
});
new ResizeObserver(() => view.measure(steps.focus())).observe(view.graph);

// --- links: a link stores the step, the order, the values of the leaves and the view
function state_() {
  const parts = [`step=${steps.at() + 1}`];
  if (steps.unsorted()) parts.push("unsorted");
  if (hand?.moved()) parts.push(`leaves=${hand.written()}`);
  if (view.chosen()) parts.push(`view=${view.middle().map((x) => Number(x.toPrecision(6))).join(",")}`);
  return `#${parts.join("&")}`;
}
function restore() {
  const given = new Map(decodeURIComponent(location.hash.slice(1)).split("&").map((part) => part.split("=")));
  if (hand && (given.has("leaves") || hand.moved())) hand.read(given.get("leaves") ?? "");
  byId("order").checked = given.has("unsorted");
  if (given.has("unsorted") !== steps.unsorted()) steps.order(given.has("unsorted"));
  if (given.has("step")) steps.show(Number(given.get("step")) - 1 || 0);
  const [scale, x, y] = (given.get("view") ?? "").split(",").map(Number);
  if (scale > 0 && Number.isFinite(x + y)) view.place(scale, x, y);
}
async function copy() {
  const link = location.href.split("#")[0] + state_();
  try { history.replaceState(null, "", state_()); } catch { /* the page is in a frame without an address */ }
  try {
    await navigator.clipboard.writeText(link);
    byId("link").textContent = "copied";
  } catch {
    window.prompt("The link to this state:", link);
  }
  setTimeout(() => { byId("link").textContent = "copy link"; }, 1500);
}
byId("link").onclick = copy;
byId("link").hidden = location.protocol === "about:";
window.addEventListener("hashchange", restore);
byId("picture").onclick = () => { // saves the current picture, with the page's own style
  const still = svg.cloneNode(true);
  still.removeAttribute("style");
  still.prepend(element("style", document.querySelector("style").textContent));
  const made = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(still)], { type: "image/svg+xml" }));
  element("a", "", { href: made, download: `step ${steps.at() + 1}.svg` }).click();
  setTimeout(() => URL.revokeObjectURL(made), 1000);
};

// --- controls
byId("first").onclick = () => go(0);
byId("previous").onclick = () => by(-1);
byId("next").onclick = () => by(1);
byId("last").onclick = () => go(steps.count() - 1);
byId("play").onclick = () => playing(!timer);
byId("speed").onchange = () => { if (timer) playing(true); };
byId("slider").oninput = (event) => go(Number(event.target.value));
byId("in").onclick = () => view.zoom(1.4);
byId("out").onclick = () => view.zoom(1 / 1.4);
byId("fit").onclick = view.overview;
byId("panels").onclick = () => byId("panels").setAttribute("aria-expanded", String(document.body.classList.toggle("open")));
byId("order").onchange = (event) => go(steps.order(event.target.checked));
document.addEventListener("keydown", (event) => {
  const target = event.target, leaf = live ? target.closest("g.node.leaf") : null;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && hand && target.tagName !== "INPUT") {
    event.preventDefault();
    return event.shiftKey ? hand.redo() : hand.undo();
  }
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  event.stopPropagation();
  if (target.closest("input:not([type=range]):not([type=checkbox]), textarea")) return;
  const own = target.closest("select, input[type=range]");
  const button = target.closest("button, input[type=checkbox]"), node = target.closest("g.node");
  if (leaf && event.shiftKey && event.key.startsWith("Arrow")) {
    event.preventDefault();
    return hand.nudge(leaf.id, event.key === "ArrowUp" || event.key === "ArrowRight" ? 1 : -1);
  }
  const keys = {
    ArrowRight: () => by(1), ArrowLeft: () => by(-1), ArrowDown: () => by(1), ArrowUp: () => by(-1),
    Home: () => go(0), End: () => go(steps.count() - 1), " ": () => (node ? visit(node.id) : playing(!timer)),
    Enter: () => node && visit(node.id), "+": () => view.zoom(1.4), "=": () => view.zoom(1.4), "-": () => view.zoom(1 / 1.4),
    0: view.overview,
  };
  if (!(event.key in keys)) return;
  if (own && (own.tagName === "SELECT" || event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End")) return;
  if (button && (event.key === " " || event.key === "Enter")) return; // the button handles this key itself
  event.preventDefault();
  keys[event.key]();
});

// --- print: the whole graph and every line
window.addEventListener("beforeprint", () => {
  byId("all").replaceChildren(...steps.steps().map((step, k) => element("li", steps.line(k), { className: k === steps.at() ? "now" : "" })));
});

// --- in a notebook, hide the still picture that precedes the frame; the notebook may have wrapped the picture or the
// frame in other elements
try {
  let place = window.frameElement;
  const alt = place?.title.replace("Stepping through", "The finished graph of");
  for (let depth = 0; place && depth < 3; depth++, place = place.parentElement) {
    const before = place.previousElementSibling, near = before ? [before, ...before.querySelectorAll("img")] : [];
    const still = near.findLast((thing) => thing.alt === alt);
    if (!still) continue;
    still.style.display = "none";
    break;
  }
} catch { /* the frame is in a page of another origin, so the picture stays */ }

view.measure([]);
steps.show(0);
restore();

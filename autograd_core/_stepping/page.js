"use strict";
// The steps are data: [kind, epoch, line, focus, texts, states]. This script replays them by setting text and classes.
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const svg = document.querySelector("#graph svg");
  const KINDS = { leaves: "forward", operation: "forward", seed: "backward", edge: "backward", scope: "backward", result: "backward", update: "update" };

  // --- where each text stands: the last lines of a node are its data and its gradient, an edge has one line
  const things = new Map();
  for (const g of svg.querySelectorAll("g.node, g.edge")) {
    const base = g.getAttribute("class"), b = g.getBBox(), m = g.parentNode.transform.baseVal.consolidate().matrix;
    const box = { left: b.x + m.e, top: b.y + m.f, right: b.x + b.width + m.e, bottom: b.y + b.height + m.f };
    things.set(g.id, { g, base, box, name: base, away: false }); // nothing moves: each is measured once
  }
  const slots = new Map();
  for (const slot of Object.keys(data.initial)) {
    const [id, part] = slot.split(":");
    const lines = things.get(id).g.querySelectorAll("text");
    const line = part === "d" ? lines[lines.length - 2] : lines[lines.length - 1];
    if (line) slots.set(slot, line.firstChild);
  }

  // --- the course of one order: for every text and state, the steps that set it
  const courses = data.orders.map((order) => {
    const steps = order.map((i) => data.steps[i]);
    const texts = new Map(Object.entries(data.initial).map(([slot, text]) => [slot, [[-1, text]]]));
    const states = new Map([...things.keys()].map((id) => [id, [[-1, ""]]]));
    const history = new Map(Object.keys(data.names).map((id) => [id, []]));
    steps.forEach(([, , , focus, set, become], k) => {
      const about = new Set();
      for (const [slot, text] of Object.entries(set)) {
        texts.get(slot).push([k, text]);
        about.add(slot.split(":")[0]);
      }
      for (const [id, state] of Object.entries(become)) {
        states.get(id).push([k, state]);
        about.add(id);
      }
      for (const id of focus) if (steps[k][0] === "operation" || steps[k][0] === "scope") about.add(id);
      for (const id of about) if (history.has(id)) history.get(id).push(k);
    });
    return { steps, texts, states, history };
  });
  const reached = (list, k) => {
    let low = 0, high = list.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (list[middle][0] <= k) low = middle; else high = middle - 1;
    }
    return list[low][1];
  };

  // --- showing a step
  const shown = new Map();
  let course = courses[0], at = 0, focus = new Set(), looked = null;
  const say = (slot, text) => {
    if (shown.get(slot) === text || !slots.has(slot)) return;
    shown.set(slot, text);
    slots.get(slot).data = text;
  };
  const paint = (id) => {
    const thing = things.get(id), state = reached(course.states.get(id), at);
    const waiting = id in data.names && !state ? "waiting" : state;
    const name = [thing.base, waiting, focus.has(id) ? "active" : ""].filter(Boolean).join(" ");
    if (thing.name === name) return;
    thing.name = name;
    thing.g.setAttribute("class", name);
  };
  function show(k) {
    const forward = k === at + 1;
    at = Math.max(0, Math.min(course.steps.length - 1, k));
    const [kind, epoch, line, now, texts, states] = course.steps[at];
    const before = focus;
    focus = new Set(now);
    if (forward) {
      for (const [slot, text] of Object.entries(texts)) say(slot, text);
      for (const id of new Set([...before, ...focus, ...Object.keys(states)])) paint(id);
    } else {
      for (const [slot, list] of course.texts) say(slot, reached(list, at));
      for (const id of things.keys()) paint(id);
    }
    const of = data.epochs > 1 ? ` · epoch ${epoch} of ${data.epochs}` : "";
    const note = data.note ? ` · ${data.note}` : "";
    byId("where").textContent = `step ${at + 1} of ${course.steps.length} · ${KINDS[kind]}${of}${note}`;
    byId("line").textContent = line;
    const slider = byId("slider");
    slider.max = course.steps.length - 1;
    slider.value = at;
    slider.setAttribute("aria-valuetext", `step ${at + 1} of ${course.steps.length}: ${line}`);
    const ends = { first: at === 0, previous: at === 0, next: at === course.steps.length - 1, last: at === course.steps.length - 1 };
    for (const [id, done] of Object.entries(ends)) byId(id).setAttribute("aria-disabled", String(done)); // keeps the focus
    if (at === course.steps.length - 1) play(false);
    if (looked) tell(looked);
    follow(now);
  }

  // --- playing
  let timer = null;
  function play(on) {
    clearInterval(timer);
    timer = null;
    if (on) {
      if (at === course.steps.length - 1) show(0);
      timer = setInterval(() => show(at + 1), Number(byId("speed").value));
    }
    byId("play").textContent = on ? "❚❚ pause" : "▶ play";
    byId("play").setAttribute("aria-pressed", String(on));
    byId("play").setAttribute("aria-label", on ? "Pause" : "Play");
    byId("line").setAttribute("aria-live", on ? "off" : "polite"); // read out step by step, not over each other
  }
  const go = (k) => { play(false); show(k); };

  // --- pan and zoom: the picture keeps its layout, only its transform changes
  // Text out of sight, or too small to read, is not drawn: to lay out text is most of what a jump would cost.
  const LEGIBLE = 0.3, MARGIN = 40, READABLE = 0.75, CLOSE = 0.9;
  const graph = byId("graph"), size = svg.viewBox.baseVal, room = { width: 0, height: 0 };
  svg.setAttribute("width", size.width);
  svg.setAttribute("height", size.height);
  let view = { scale: 1, x: 0, y: 0 }, fitted = true, following = true; // following: until the reader chooses a view
  function look() {
    const { scale, x, y } = view;
    svg.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    for (const thing of things.values()) {
      const { left, right, top, bottom } = thing.box;
      const beside = right * scale + x < -MARGIN || left * scale + x > room.width + MARGIN;
      const away = scale < LEGIBLE || beside || bottom * scale + y < -MARGIN || top * scale + y > room.height + MARGIN;
      if (away === thing.away) continue;
      thing.away = away;
      thing.g.toggleAttribute("data-away", away);
    }
  }
  function fit() {
    const scale = Math.min(room.width / size.width, room.height / size.height, 2) || 1;
    view = { scale, x: (room.width - scale * size.width) / 2, y: (room.height - scale * size.height) / 2 };
    fitted = true;
    look();
  }
  function zoom(factor, x = room.width / 2, y = room.height / 2) {
    following = false;
    magnify(factor, x, y);
  }
  function magnify(factor, x, y) {
    const scale = Math.max(0.02, Math.min(view.scale * factor, 8)), by = scale / view.scale;
    view = { scale, x: x - (x - view.x) * by, y: y - (y - view.y) * by };
    fitted = false;
    look();
  }
  function follow(ids) { // of a graph too large to read as a whole, what a step is about, where that fits
    if (!following) return reveal(ids.slice(0, 3));
    const whole = Math.min(room.width / size.width, room.height / size.height);
    const about = ids.map((id) => things.get(id).box);
    const across = (from, to) => CLOSE * (Math.max(...about.map((b) => b[to])) - Math.min(...about.map((b) => b[from])));
    const fits = about.length && across("left", "right") < room.width && across("top", "bottom") < room.height;
    if (whole >= READABLE || !fits) { if (!fitted) fit(); return; }
    if (fitted) magnify(CLOSE / view.scale, room.width / 2, room.height / 2);
    reveal(ids);
  }
  function reveal(ids) { // when zoomed in, what a step is about comes into view
    if (fitted || !ids.length) return;
    const about = ids.map((id) => things.get(id).box);
    const along = (from, to, offset, room, length) => {
      const low = Math.min(...about.map((b) => b[from])) * view.scale, high = Math.max(...about.map((b) => b[to])) * view.scale;
      const wanted = low + offset < 0 || high + offset > room ? (room - low - high) / 2 : offset;
      const spare = room - length * view.scale; // no empty room beside a picture that is larger than its window
      return spare > 0 ? wanted : Math.min(0, Math.max(spare, wanted));
    };
    const x = along("left", "right", view.x, room.width, size.width);
    const y = along("top", "bottom", view.y, room.height, size.height);
    if (x === view.x && y === view.y) return;
    Object.assign(view, { x, y });
    look();
  }
  const measure = () => { // read when it changes, never between writes
    Object.assign(room, { width: graph.clientWidth, height: graph.clientHeight });
    if (fitted) fit(); else look();
    if (following && focus.size) follow([...focus]);
  };
  const point = (event) => {
    const area = graph.getBoundingClientRect();
    return [event.clientX - area.left, event.clientY - area.top];
  };
  new ResizeObserver(measure).observe(graph);
  graph.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 400), ...point(event));
  }, { passive: false });
  let drag = null;
  graph.addEventListener("pointerdown", (event) => { drag = { x: event.clientX, y: event.clientY, view: { ...view }, moved: false }; });
  window.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
    if (!drag.moved && Math.hypot(dx, dy) < 4) return;
    drag.moved = true;
    graph.classList.add("dragging");
    view = { ...drag.view, x: drag.view.x + dx, y: drag.view.y + dy };
    fitted = following = false;
    look();
  });
  window.addEventListener("pointerup", () => {
    graph.classList.remove("dragging");
    setTimeout(() => { drag = null; }, 0); // after the click that ends a drag
  });

  // --- nodes: a click goes to the next step that changes one, resting on it tells its history
  function tell(id) {
    looked = id;
    const panel = byId("history");
    panel.hidden = !id;
    if (!id) return;
    panel.querySelector("h2").textContent = data.names[id];
    const items = course.history.get(id).map((k) => {
      const item = document.createElement("li");
      item.textContent = `step ${k + 1}: ${course.steps[k][2]}`;
      item.className = k === at ? "now" : k < at ? "past" : "";
      return item;
    });
    panel.querySelector("ol").replaceChildren(...items);
    stand(panel, id);
    const latest = panel.querySelector("li.now") ?? [...panel.querySelectorAll("li.past")].pop();
    panel.scrollTop = latest ? latest.offsetTop - panel.clientHeight / 2 : 0;
  }
  function stand(panel, id) { // in the corner where it covers least, and last of all what it is about
    const area = graph.getBoundingClientRect(), width = panel.offsetWidth + 16, height = panel.offsetHeight + 16;
    const overlap = (from, to, low, high) => Math.max(0, Math.min(to, high) - Math.max(from, low));
    const covered = ([x, y]) => [...things.values()].reduce((sum, { g, box: { left, right, top, bottom } }) => {
      const { scale, x: dx, y: dy } = view, weight = g.id === id ? 1000 : focus.has(g.id) ? 10 : g.id[0] === "n" ? 1 : 0.1;
      const wide = overlap(left * scale + dx, right * scale + dx, x, x + width);
      return sum + weight * wide * overlap(top * scale + dy, bottom * scale + dy, y, y + height);
    }, 0);
    const right = room.width - width, low = room.height - height;
    const corners = [[right, low], [0, low], [right, 0], [0, 0]].map((corner) => [covered(corner), corner]);
    const [, [x, y]] = corners.reduce((best, corner) => (corner[0] < best[0] ? corner : best));
    panel.style.left = `${area.left + x + 8}px`;
    panel.style.top = `${area.top + y + 8}px`;
  }
  const visit = (id) => {
    const steps = course.history.get(id);
    if (steps.length) go(steps.find((k) => k > at) ?? steps[0]);
  };
  for (const id of Object.keys(data.names)) {
    const { g } = things.get(id);
    g.setAttribute("tabindex", "0");
    g.setAttribute("role", "button");
    g.setAttribute("aria-label", `${data.names[id]}: go to the next step that changes it`);
    g.addEventListener("click", () => { if (!drag || !drag.moved) visit(id); });
    g.addEventListener("mouseenter", () => tell(id));
    g.addEventListener("mouseleave", () => tell(null));
    g.addEventListener("focus", () => {
      tell(id);
      if (g.matches(":focus-visible")) reveal([id]); // reached by keyboard; under a pointer nothing moves away
    });
    g.addEventListener("blur", () => tell(null));
  }
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", "The graph");

  // --- controls
  byId("first").onclick = () => go(0);
  byId("previous").onclick = () => go(at - 1);
  byId("next").onclick = () => go(at + 1);
  byId("last").onclick = () => go(course.steps.length - 1);
  byId("play").onclick = () => play(!timer);
  byId("speed").onchange = () => { if (timer) play(true); };
  byId("slider").oninput = (event) => go(Number(event.target.value));
  byId("in").onclick = () => zoom(1.4);
  byId("out").onclick = () => zoom(1 / 1.4);
  const overview = () => { following = false; fit(); };
  byId("fit").onclick = overview;
  byId("order").onchange = (event) => { // both orders have as many steps, and part where a sweep starts
    let k = at;
    if (KINDS[course.steps[at][0]] === "backward") while (course.steps[k][0] !== "seed") k--;
    course = courses[event.target.checked ? 1 : 0];
    go(k);
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.target, own = target.closest("select, input[type=range]");
    const button = target.closest("button, input[type=checkbox]"), node = target.closest("g.node");
    const keys = {
      ArrowRight: () => go(at + 1), ArrowLeft: () => go(at - 1), ArrowDown: () => go(at + 1), ArrowUp: () => go(at - 1),
      Home: () => go(0), End: () => go(course.steps.length - 1), " ": () => (node ? visit(node.id) : play(!timer)),
      Enter: () => node && visit(node.id), "+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4), 0: overview,
    };
    event.stopPropagation();
    if (!(event.key in keys)) return;
    if (own && (own.tagName === "SELECT" || event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End")) return;
    if (button && (event.key === " " || event.key === "Enter")) return; // the button's own key
    event.preventDefault();
    keys[event.key]();
  });

  // --- print: the whole graph and every line
  window.addEventListener("beforeprint", () => {
    byId("all").replaceChildren(...course.steps.map((step, k) => {
      const item = document.createElement("li");
      item.textContent = step[2];
      if (k === at) item.className = "now";
      return item;
    }));
  });

  // --- in a notebook the still picture before the frame makes room
  try {
    const still = window.frameElement && window.frameElement.previousElementSibling;
    if (still && still.tagName === "IMG") still.style.display = "none";
  } catch { /* the frame stands in a page of another origin: the picture stays */ }

  measure();
  at = -2;
  show(0);
})();

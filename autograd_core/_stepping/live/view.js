// Pans and zooms: the picture keeps its layout, and only its transform changes.
// Text that is out of sight or too small to read is not drawn, since laying out text is most of the cost of going to
// another step.
function viewing(svg, things) {
  const SEEN = 0.3, MARGIN = 40, READ = 11; // READ: the smallest text's size in pixels, while the view follows the steps
  const graph = document.getElementById("graph"), size = svg.viewBox.baseVal, room = { width: 0, height: 0 };
  const sizes = [...svg.querySelectorAll("text")].map((text) => Number(text.getAttribute("font-size") ?? 11));
  const close = READ / Math.min(11, ...sizes);
  svg.setAttribute("width", size.width);
  svg.setAttribute("height", size.height);
  let view = { scale: 1, x: 0, y: 0 }, fitted = true, following = true; // the view follows the steps until the reader chooses a view

  function look() {
    const { scale, x, y } = view;
    svg.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    for (const thing of things.values()) {
      const { left, right, top, bottom } = thing.box;
      const beside = right * scale + x < -MARGIN || left * scale + x > room.width + MARGIN;
      const away = scale < SEEN || beside || bottom * scale + y < -MARGIN || top * scale + y > room.height + MARGIN;
      if (away === thing.away) continue;
      thing.away = away;
      thing.g.toggleAttribute("data-away", away);
    }
  }
  const whole = () => Math.min(room.width / size.width, room.height / size.height, 2) || 1;
  function fit() {
    const scale = whole();
    view = { scale, x: (room.width - scale * size.width) / 2, y: (room.height - scale * size.height) / 2 };
    fitted = true;
    look();
  }
  function magnify(factor, x, y) {
    const scale = Math.max(0.02, Math.min(view.scale * factor, 8)), by = scale / view.scale;
    view = { scale, x: x - (x - view.x) * by, y: y - (y - view.y) * by };
    fitted = false;
    look();
  }
  function zoom(factor, x = room.width / 2, y = room.height / 2) {
    following = false;
    magnify(factor, x, y);
  }
  // If the whole graph is too large to read, shows the boxes of this step or, if this step has none, those of the next.
  function follow(focus, ahead = []) {
    if (!following) return reveal(focus.slice(0, 3));
    const ids = focus.length ? focus : ahead;
    if (whole() >= close) { if (!fitted) fit(); return; }
    if (fitted) magnify(close / view.scale, room.width / 2, room.height / 2);
    const about = ids.map((id) => things.get(id).box);
    const across = (from, to) => close * (Math.max(...about.map((b) => b[to])) - Math.min(...about.map((b) => b[from])));
    const fits = across("left", "right") < room.width && across("top", "bottom") < room.height;
    reveal(fits ? ids : ids.filter((id) => id[0] === "n").slice(0, 1));
  }
  function reveal(ids) { // when zoomed in, scrolls the boxes of a step into view
    if (fitted || !ids.length) return;
    const about = ids.map((id) => things.get(id).box);
    const along = (from, to, offset, room, length) => {
      const low = Math.min(...about.map((b) => b[from])) * view.scale, high = Math.max(...about.map((b) => b[to])) * view.scale;
      const wanted = low + offset < 0 || high + offset > room ? (room - low - high) / 2 : offset;
      const spare = room - length * view.scale; // leaves no empty space beside a picture that is larger than its window
      return spare > 0 ? (following ? spare / 2 : wanted) : Math.min(0, Math.max(spare, wanted));
    };
    const x = along("left", "right", view.x, room.width, size.width);
    const y = along("top", "bottom", view.y, room.height, size.height);
    if (x === view.x && y === view.y) return;
    Object.assign(view, { x, y });
    look();
  }
  function measure(focus) { // reads the window's size; called when the size changes, never between writes to the page
    Object.assign(room, { width: graph.clientWidth, height: graph.clientHeight });
    if (fitted) fit(); else look();
    if (following && focus.length) follow(focus);
  }
  function place(scale, x, y) { // shows a view from a link, which stores the zoom and, in the picture's units, the window's middle
    view = { scale, x: room.width / 2 - x * scale, y: room.height / 2 - y * scale };
    fitted = following = false;
    look();
  }
  function choose(x, y) {
    view = { ...view, x, y };
    fitted = following = false;
    look();
  }
  const middle = () => [view.scale, (room.width / 2 - view.x) / view.scale, (room.height / 2 - view.y) / view.scale];
  const overview = () => { following = false; fit(); };
  return {
    graph, room, size, fit, zoom, follow, reveal, measure, place, choose, middle, overview,
    now: () => view, chosen: () => !following,
  };
}

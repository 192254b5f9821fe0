// Shows the user's program beside the graph, highlights the current step's source line, and marks the boxes that a line
// made when the reader chooses the line.
function sourcing(program, names, mark) {
  const panel = document.getElementById("source"), lines = new Map(), key = ([part, line]) => `${part}:${line}`;
  panel.hidden = false;
  document.body.classList.add("sourced");
  const made = new Map();
  for (const [id, at] of Object.entries(program.at)) made.set(key(at), [...(made.get(key(at)) ?? []), id]);
  let chosen = null, lit = null;
  function choose(at) {
    chosen = chosen === at ? null : at;
    for (const [other, line] of lines) if (made.has(other)) line.setAttribute("aria-pressed", String(other === chosen));
    mark(new Map((chosen ? made.get(chosen) : []).map((id) => [id, "path"])));
  }
  program.parts.forEach(([file, first, text], part) => {
    const list = element("ol", "", { start: first });
    panel.append(element("h2", file), list);
    text.forEach((words, i) => {
      const at = key([part, i]), item = element("li"), code = element("code", words || " ");
      if (made.has(at)) {
        code.tabIndex = 0;
        code.setAttribute("role", "button");
        code.setAttribute("aria-pressed", "false");
        code.setAttribute("aria-label", `line ${first + i}: ${words.trim()}; makes ${made.get(at).map((id) => names[id]).join(", ")}`);
        code.onclick = () => choose(at);
        code.onkeydown = (event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          event.stopPropagation();
          choose(at);
        };
      }
      lines.set(at, code);
      item.append(code);
      list.append(item);
    });
  });
  function light(ids) { // highlights the source line of the first box that has one
    const id = ids.find((one) => one in program.at), at = id ? key(program.at[id]) : null;
    if (at === lit) return;
    lines.get(lit)?.classList.remove("now");
    lines.get(at)?.classList.add("now");
    lit = at;
    const line = lines.get(at);
    if (!line) return;
    const top = line.offsetTop - panel.offsetTop, room = panel.clientHeight;
    if (top < panel.scrollTop || top > panel.scrollTop + room - 24) panel.scrollTop = top - room / 2;
  }
  return { light };
}

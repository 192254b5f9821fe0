// The playground: an editor, the worker that runs its program, the program's output, and a link to the program.
(function () {
  const part = (name) => document.getElementById(`playground-${name}`);
  if (!part("editor")) return;
  const here = new URL("./", document.location);
  const figures = (window.playground = {});
  const editor = CodeMirror(part("editor"), {
    mode: "python", lineNumbers: true, indentUnit: 4, lineWrapping: true, inputStyle: "contenteditable",
    extraKeys: {
      "Ctrl-Enter": run, "Cmd-Enter": run,
      Tab: (e) => e.execCommand(e.somethingSelected() ? "indentMore" : "insertSoftTab"),
      Esc: () => part("run").focus(), // a way out of the editor without a mouse
    },
  });
  editor.getInputField().setAttribute("aria-label", "Program");
  let worker, running, wantedStep;

  function say(text) {
    part("status").textContent = text;
  }

  function begin() {
    // A worker made from a blob is under the page's own security policy, so it can load files only from this site.
    const script = new Blob([`import ${JSON.stringify(new URL("_static/playground-worker.js", here).href)};`], { type: "text/javascript" });
    worker = new Worker(URL.createObjectURL(script), { type: "module" });
    worker.onmessage = ({ data }) => ("printed" in data ? show(data) : data.ready ? ready(data.ready) : say(`Python did not start: ${data.failed}`));
    worker.onerror = (error) => say(`Python did not start: ${error.message}`);
    say("Python is starting …");
  }

  function ready(version) {
    figures.ready = performance.now() / 1000;
    if (!running) say(`Python ${version} is ready`);
  }

  function run() {
    running = true;
    part("run").disabled = true;
    part("stop").disabled = false;
    if (figures.ready) say("running …");
    worker.postMessage({ program: editor.getValue() });
  }

  function stop() {
    worker.terminate();
    ended();
    begin();
    part("output").textContent += "stopped\n";
  }

  function ended() {
    running = false;
    part("run").disabled = false;
    part("stop").disabled = true;
  }

  function show({ printed, page, picture, text, raised, seconds, memory }) {
    ended();
    part("app").dataset.runs = (figures.runs = (figures.runs ?? 0) + 1);
    part("output").textContent = printed + (text ? `${text}\n` : "");
    part("output").classList.toggle("raised", Boolean(raised));
    if (raised) return say(raised);
    const graph = part("graph");
    graph.replaceChildren();
    if (page) {
      const frame = document.createElement("iframe");
      frame.title = "Stepper";
      frame.srcdoc = page;
      frame.onload = () => restore(frame);
      graph.append(frame);
    } else if (picture) {
      const image = new DOMParser().parseFromString(picture, "image/svg+xml").documentElement;
      graph.append(document.importNode(image, true));
    }
    if (page || picture) figures.firstGraph ??= performance.now() / 1000;
    figures.memory = memory;
    const first = figures.firstGraph ? `first graph ${figures.firstGraph.toFixed(1)} s after opening, ` : "";
    say(`${(seconds * 1000).toFixed(0)} ms; ${first}Python holds ${(memory / 2 ** 20).toFixed(0)} MB`);
  }

  const slider = () => part("graph").querySelector("iframe")?.contentDocument?.getElementById("slider");

  function restore(frame) {
    const there = slider();
    if (there && wantedStep) {
      there.value = wantedStep;
      there.dispatchEvent(new Event("input", { bubbles: true }));
    }
    wantedStep = null;
    frame.dataset.loaded = "yes";
  }

  async function through(stream, bytes) {
    return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
  }

  async function link() {
    const packed = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(editor.getValue()));
    const text = btoa(String.fromCharCode(...packed)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
    history.replaceState(null, "", `#program=${text}&step=${slider()?.value ?? 0}`);
    await navigator.clipboard?.writeText(document.location.href).then(() => say("The link is on the clipboard"), () => say("The link is in the address bar"));
  }

  async function linked() {
    const wanted = new URLSearchParams(document.location.hash.slice(1));
    if (!wanted.get("program")) return null;
    try {
      const packed = Uint8Array.from(atob(wanted.get("program").replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
      wantedStep = wanted.get("step");
      return new TextDecoder().decode(await through(new DecompressionStream("deflate-raw"), packed));
    } catch {
      part("output").textContent = "The program in this link is damaged: copy the whole link.\n";
      return undefined; // nothing is run, so that this message stays
    }
  }

  async function open() {
    begin();
    const { programs } = await fetch(new URL("playground.json", here)).then((answer) => answer.json());
    for (const name of Object.keys(programs)) part("programs").append(new Option(name.replaceAll("_", " "), name));
    part("programs").value = "neuron";
    part("programs").onchange = () => {
      editor.setValue(programs[part("programs").value]);
      wantedStep = null;
      run();
    };
    part("run").onclick = run;
    part("stop").onclick = stop;
    part("link").onclick = link;
    const program = await linked();
    editor.setValue(program ?? programs.neuron);
    if (program !== undefined) run();
  }

  open();
})();

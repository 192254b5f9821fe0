// Runs Python and Graphviz in a worker, not in the page itself, so that a program that does not end can be stopped.
const root = new URL("..", import.meta.url).href;

async function begin() {
  const [{ loadPyodide }, Viz, { wheels }, source] = await Promise.all([
    import(`${root}pyodide/pyodide.mjs`),
    import(`${root}viz/viz.js`),
    fetch(`${root}playground.json`).then((answer) => answer.json()),
    fetch(`${root}_static/playground.py`).then((answer) => answer.text()),
  ]);
  const [python, viz, ...packed] = await Promise.all([
    loadPyodide({ indexURL: `${root}pyodide/` }),
    Viz.instance(),
    ...wheels.map((wheel) => fetch(`${root}wheels/${wheel}`).then((answer) => answer.arrayBuffer())),
  ]);
  for (const wheel of packed) python.unpackArchive(wheel, "wheel");
  python.FS.writeFile("playground.py", source);
  const playground = python.pyimport("playground");
  playground.start((dot, format, placed) => viz.renderString(dot, { format, engine: placed ? "nop2" : "dot" }));
  return { python, playground };
}

const begun = begin();
begun.then(
  ({ python }) => postMessage({ ready: python.version }),
  (error) => postMessage({ failed: String(error) }),
);

onmessage = async ({ data }) => {
  try {
    const { python, playground } = await begun;
    const start = performance.now();
    const result = playground.run(data.program);
    const shown = result.toJs({ dict_converter: Object.fromEntries });
    result.destroy();
    postMessage({ ...shown, seconds: (performance.now() - start) / 1000, memory: python._module.HEAP8.length });
  } catch (error) {
    postMessage({ failed: String(error) });
  }
};

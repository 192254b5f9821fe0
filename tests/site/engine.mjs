// Runs pytest in Pyodide: node engine.mjs PYODIDE WHEEL DEPENDENCIES ROOT [pytest arguments]
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodide, wheel, dependencies, root, ...chosen] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`));
const python = await loadPyodide({ env: { HOME: "/home/pyodide", PYTHONDONTWRITEBYTECODE: "1" } });
python.mountNodeFS("/project", root);
python.mountNodeFS("/dependencies", dependencies);
python.unpackArchive(new Uint8Array(readFileSync(wheel)), "wheel", { extractDir: "/wheel" });
python.globals.set("chosen", python.toPy(chosen));
process.on("uncaughtException", (error) => {
  console.error(String(error).slice(-2000)); // without the line of a megabyte that it was thrown from
  process.exit(70);
});
process.exitCode = python.runPython(`
import os, sys
sys.path[:] = [*filter(None, sys.path), "/wheel", "/dependencies", "/project/tests/site"]  # not what lies beside the tests
os.chdir("/project")
import autograd_core, pytest
assert not autograd_core.__file__.startswith("/project"), autograd_core.__file__
print(f"CPython {sys.version.split()[0]} on {sys.platform}, the {autograd_core.ENGINE} engine of {autograd_core.__version__}")
int(pytest.main(["-q", "-p", "in_pyodide", "-p", "no:faulthandler", "-p", "no:cacheprovider", *chosen]))
`);

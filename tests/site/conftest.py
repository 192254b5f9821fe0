"""What the site's tests share: npm packages, the pure wheel, and the built site in a browser that reaches nothing else.

`pytest -m site tests/site` runs them; AUTOGRAD_CORE_SITE names the directory of a site that is already built.
"""

import functools
import http.server
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SITE = ROOT / "notebooks" / "site"
# Another host's name is not even looked up.
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]  # fmt: skip  # one list


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test here as a test of the site, which takes npm, a browser and minutes."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("site")


@pytest.fixture(scope="session")
def packages() -> Path:
    """The directory of the npm packages."""
    subprocess.run(["npm", "ci", "--silent"], cwd=SITE, check=True)
    return SITE / "node_modules"


@pytest.fixture(scope="session")
def pure_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel without the native engine."""
    there = tmp_path_factory.mktemp("wheel")
    environment = {**os.environ, "AUTOGRAD_CORE_PURE": "1"}
    environment.pop("AUTOGRAD_CORE_REQUIRE_NATIVE", None)
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", there, ROOT], env=environment, check=True)
    [wheel] = there.iterdir()
    return wheel


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built with one command; beside `html`, `doctrees` records which examples ran."""
    if built := os.environ.get("AUTOGRAD_CORE_SITE"):
        return Path(built)
    there = tmp_path_factory.mktemp("site")
    done = subprocess.run([sys.executable, SITE / "build.py", there], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    print(done.stdout.strip().splitlines()[-1])
    return there


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and logs nothing."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def serving_files(serving: Any) -> Callable[[Path], Any]:
    """Serves a directory: `with serving_files(directory) as address`."""
    return lambda directory: serving(functools.partial(Quiet, directory=str(directory)))


@pytest.fixture(scope="session")
def address(site: Path, serving_files: Callable[[Path], Any]) -> Iterator[str]:
    """The address at which a web server on this machine serves the site."""
    with serving_files(site / "html") as there:
        yield there


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium that can reach only this machine."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """A page; when the test ends, all its requests must have stayed here and its console must show no error."""
    page = browser.new_page(viewport={"width": 1400, "height": 950})
    page.set_default_timeout(60_000)
    elsewhere: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: request.url.startswith((address, "data:", "blob:", "about:")) or elsewhere.append(request.url))
    page.on("console", lambda message: message.type == "error" and errors.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
    yield page
    page.close()
    assert elsewhere == []
    assert errors == []

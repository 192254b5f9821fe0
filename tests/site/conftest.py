"""What the site's tests share: the packages of npm and the pure wheel. `pytest -m site tests/site` runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SITE = ROOT / "notebooks" / "site"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here is one of the site, which takes npm, a browser and minutes."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("site")


@pytest.fixture(scope="session")
def packages() -> Path:
    """Where the packages of npm are."""
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

"""Wrong calls raise the same errors on both engines: everything public, in a separate process for each engine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograd_core import ENGINE

pytestmark = pytest.mark.skipif(ENGINE != "native", reason="needs both engines")


def messages(engine: str) -> dict[str, str]:
    """The messages of everything on one engine."""
    environment = {**os.environ, "AUTOGRAD_CORE_ENGINE": engine, "PYTHONPATH": os.pathsep.join(sys.path)}
    script = Path(__file__).with_name("messages.py")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=environment, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_messages_are_the_same_on_both_engines() -> None:
    python, native = messages("python"), messages("native")
    assert python.keys() == native.keys()
    assert len(python) > 10_000
    different = {call: (said, native[call]) for call, said in python.items() if native[call] != said}
    assert different == {}

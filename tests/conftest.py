"""How the property tests run: the same examples every time, at least 200 of each, no time limit on one."""

import importlib.util
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "ci", derandomize=True, deadline=None, max_examples=200, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],  # programs of 60 lines are large
)
# What a search for new failures runs: HYPOTHESIS_PROFILE=search pytest tests/test_transparency.py
settings.register_profile("search", settings.get_profile("ci"), derandomize=False, max_examples=5000)
# The same examples, a failing one reported as it was found.
settings.register_profile("unshrunk", settings.get_profile("ci"), phases=[Phase.explicit, Phase.generate])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def mathematics():
    """The module beside this one that says in mpmath what each row is; tests are not on the import path."""
    spec = importlib.util.spec_from_file_location("mathematics", Path(__file__).with_name("mathematics.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

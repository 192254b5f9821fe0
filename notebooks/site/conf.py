"""Sphinx's settings; `build.py` collects the sources and runs Sphinx."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from hypothesis import settings

from autograd_core import __version__

settings.register_profile("site", derandomize=True, database=None, deadline=None, max_examples=25)
settings.load_profile("site")  # Hypothesis then finds the same examples in every build

project = "autograd-core"
author = "the autograd-core authors"
copyright = author
version = release = __version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax", "docstrings", "examples"]
exclude_patterns = ["included", "served", "course/README.md", "course/numpy.md"]
nitpicky = True
nitpick_ignore_regex = [("py:.*", ".*")]  # not every type in a signature has an entry in the reference

html_theme = "furo"
html_title = "autograd-core"
html_favicon = "static/icon.svg"
html_static_path = ["static"]
templates_path = ["templates"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
mathjax_path = "../mathjax/tex-svg-full.js"
mathjax3_config = {"options": {"enableMenu": False}, "svg": {"fontCache": "global"}}

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the types are in the source code; the docstring describes the arguments
add_module_names = False
python_use_unqualified_type_names = True

myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "attrs_inline"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_excludepatterns = ["course/*"]  # shown with committed outputs; notebooks/run.py --check executes them
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_mime_priority_overrides = [("html", "application/vnd.autograd-core.check+json", None)]
suppress_warnings = ["mystnb.unknown_mime_type"]  # the records of check(), which only tests/test_notebooks.py reads

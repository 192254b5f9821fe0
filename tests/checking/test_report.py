"""The report of a check, as a table in text and in a notebook."""

import math
from html.parser import HTMLParser

import pytest

import autograd_core as ag
from autograd_core import primitive
from autograd_core._checking.report import SHOWN
from autograd_core.check import check_gradient


class Cells(HTMLParser):
    def __init__(self):
        super().__init__()
        self.rows, self.cells = 0, []

    def handle_starttag(self, tag, attributes):
        self.rows += tag == "tr"

    def handle_data(self, text):
        self.cells.append(text)


def test_the_report_prints_as_a_table():
    report = check_gradient(lambda x: ag.exp(x[0]) * abs(x[1]) * x[2], [1.0, 0.0, 2.0])
    lines = str(report).splitlines()
    assert lines[0] == "gradient check: 3 coordinates, 2 agree, 0 disagree, 1 not judged"
    assert lines[1].split()[:3] == ["coordinate", "at", "analytic"]
    assert [line.split()[0] for line in lines[2:5]] == ["x[0]", "x[2]", "x[1]"]
    assert "kink of abs" in lines[4] and lines[5].startswith("worst: x[0]")
    assert report.ok
    assert repr(report) == f"<{report.summary()}; {report.verdict()}>"


def test_the_report_shows_itself_in_a_notebook():
    html = check_gradient(lambda p: p["<w>"] ** 2, {"<w>": 2.0})._repr_html_()
    cells = Cells()
    cells.feed(html)
    assert "<w>" in cells.cells and "<w>" not in html
    assert cells.rows == 2


@pytest.mark.parametrize("count", [SHOWN, SHOWN + 1, 100])
def test_a_long_report_shows_the_worst_and_says_how_many_more(count):
    bad = primitive(derivatives=[lambda x, z: 1.01 * ag.cos(x)])(math.sin)
    at = [0.01 * i for i in range(count)]
    report = check_gradient(lambda x: ag.sum([abs(x[0]), bad(x[-1]), *map(ag.exp, x[1:-1])]), at)
    text, html = str(report), report._repr_html_()
    assert len(report.shown()) == min(count, SHOWN)
    assert (f"{count - SHOWN} more" in text) == (f"{count - SHOWN} more" in html) == (count > SHOWN)
    assert f"x[{count - 1}]" in text and "kink of abs" in text
    cells = Cells()
    cells.feed(html)
    assert cells.rows == 1 + min(count, SHOWN)

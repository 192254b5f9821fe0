"""Several epochs of a graph with constants in it: what an epoch clears is what steps had filled."""

from autograd_core import parameter


def test_a_second_epoch_of_a_graph_with_a_constant_makes_a_page():
    theta = parameter(0.5, "θ")
    steps = (0.8 - theta * theta).step(epochs=2, learning_rate=0.1)
    assert "data 0.6" in steps.page()  # 0.5 − 0.1·(−2·0.5), the second epoch's θ
    assert [step.epoch for step in steps if step.kind == "leaves"] == [1, 2]

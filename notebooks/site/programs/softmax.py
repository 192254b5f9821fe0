# Softmax and cross-entropy: the gradient with respect to the scores is p − target.
from autograd_core import Value, log, softmax

scores = [Value(s, f"s{i}") for i, s in enumerate([2.0, 1.0, -1.0])]
p = softmax(scores)
loss = -log(p[0])
loss.backward()
for i, (score, share) in enumerate(zip(scores, p)):
    print(f"s{i}: p = {share.data:.6f}, ∂loss/∂s = {score.grad:+.6f}")
loss.step()

# One attention head on three words, each represented by two numbers: which word listens to which?
from autograd_core import Value, dot, scope, softmax

words = [[Value(x, f"{name}{i}") for i, x in enumerate(numbers)]
         for name, numbers in {"a": (1.0, 0.2), "b": (0.3, -0.8), "c": (-0.5, 0.9)}.items()]

query = words[-1]
with scope("scores"):
    scores = [dot(query, key) / 2**0.5 for key in words]
with scope("softmax"):
    weights = softmax(scores)
with scope("mixture"):
    mixed = [dot(weights, [word[i] for word in words]) for i in range(2)]

print("weights:", ", ".join(f"{w.data:.4f}" for w in weights))
mixed[0].backward()
mixed[0].step()

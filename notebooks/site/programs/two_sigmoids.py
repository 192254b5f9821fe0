# A network of two sigmoids learns to return 0.8 at x = 0.5: each epoch ends with a step of gradient descent.
from autograd_core import Value, parameter, sigmoid, square

x, target = Value(0.5, "x"), 0.8
w1, b1 = parameter(2.0, "w1"), parameter(-0.5, "b1")
w2, b2 = parameter(-1.0, "w2"), parameter(1.5, "b2")
v = parameter(0.6, "v")

y = v * (sigmoid(w1 * x + b1) + sigmoid(w2 * x + b2))
loss = square(y - target)
loss.label = "loss"
loss.step(learning_rate=0.5, epochs=3)

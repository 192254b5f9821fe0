# A neuron: two inputs, a bias, tanh. Step through its graph on the right.
from autograd_core import Value, parameter, tanh

w1, w2 = parameter(-3.0, "w1"), parameter(1.0, "w2")
x1, x2 = Value(2.0, "x1"), Value(0.5, "x2")
b = parameter(6.7, "b")

y = tanh(w1 * x1 + w2 * x2 + b)
y.backward()
print("∂y/∂w1 =", w1.grad)
y.step()

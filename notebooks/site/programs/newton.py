# Newton's method finds where cos x = x³; grad computes the slope, and grad of grad the curvature.
from autograd_core import Value, cos, grad


def f(x):
    return cos(x) - x * x * x

x = 1.0
for _ in range(6):
    x -= f(x) / grad(f)(x)
    print(f"x = {x:.16f}   f(x) = {f(x):+.1e}")

print("f″(x) =", grad(grad(f))(x))
f(Value(x, "x")).step()

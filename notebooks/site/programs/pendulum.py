# A pendulum, simulated in small time steps: how does the final angle depend on the initial angle and speed?
from autograd_core import Value, scope, sin

angle, speed = start, push = Value(0.5, "angle"), Value(0.0, "speed")
dt, g = 0.1, 9.81
for i in range(30):
    with scope(f"t = {dt * i:.1f}"):
        speed = speed - dt * g * sin(angle)
        angle = angle + dt * speed

angle.backward()
print(f"after {30 * dt:.0f} s: {angle.data:.4f}")
print(f"∂end/∂angle = {start.grad:.4f}, ∂end/∂speed = {push.grad:.4f}")
angle.step(collapse=1)

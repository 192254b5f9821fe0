"""Functions that use everything that the translator understands, and some that use what it does not."""

import math
import operator

TABLE = (0.5, -0.25, 0.125)
WHOLE = [3, 1, 2]
SCALE = math.sqrt(2.0)


def chained(x, y):
    return 1.0 if -1.0 < x <= y < 2.0 else 2.0 if x == y == 0 else -1.0 if not x < y else SCALE


def boolean(x, y):
    if (x and not y) or (x > 1 and y > x):
        return float(x > 0) + (y < 0) * 2.0
    return -float((x > 0) - (x < 0))


def known(x, y):
    """Conditions of which parts are known when it is translated."""
    if (x > 0 and type(x) is float and y > 0) or isinstance(x, complex) or y < -1.0:
        return 1.0
    if (y > 0.5 and y is None) or hasattr(x, "append"):
        return 2.0
    if type(x) is float and isinstance(y, float):
        x = x + 1.0
    if x is None or isinstance(y, complex):
        x = x + 2.0
    return x * 3.0 if isinstance(x, float) and not x < 0.0 else 4.0


def branches(x, y):
    """A docstring."""
    z = x
    if x > y:
        z = x - y
        if z > 1.0:
            return z
    elif x < y:
        z += 2.0 * y
    else:
        pass
    w = -z if z < 0.0 else +z
    return w * 0.5


def whiles(x, y):
    total, k = 0.0, 0
    while k < 5 and total < 1e3:
        if k == 3 and y < 0.0:
            break
        k += 1
        if x < 0.0:
            continue
        total += x / k
    return total + k


def ranges(x, y):
    total = 0.0
    for i in range(3):
        total = total * x + i
    for i in range(7, -2, -3):
        total -= y / (i + 10)
    for k in (3, 2, 1):
        total += k
    for share in (0.5, 1.25):
        total += share
    for w in WHOLE:
        total *= w
    return total


def tables(x, y):
    total = 0.0
    for i, c in enumerate(reversed(TABLE), 2):
        total = total * x + c * i
    for a, b in zip(TABLE, TABLE[1:], strict=False):  # noqa: RUF007  # what is tested
        total += a * b * y
    phases = (x, y, -x, -y)
    k = int(math.fmod(abs(y), 8.0)) if abs(y) < 1e6 else 2
    return total + phases[k % 4] + TABLE[-1] + len(TABLE)


def lists(x, y):
    xs = [x, y, 1.0]
    xs.append(x + y)
    xs[0] = 2.0
    xs[-1] = xs[1] - 1.0
    others = [*xs, 3.0, *[y] * 2]
    kept = [2.0 * v for v in others if v < 100.0]
    return running(kept) + running(others[1:3]) + len(kept) + running(others[::-1][:2])


def running(xs):
    total = 0.0
    for v in xs:
        total += v
    return total


def quantifiers(x, y):
    xs = [x, y, 0.5]
    some = any(v > 1.0 for v in xs)
    every = all(v < 10.0 for v in xs)
    return (2.0 if some else 1.0) + (4.0 if every else 0.0) + (8.0 if not (some and every) else 0.0)


def pair(x, y):
    return x + y, 3


def tuples(x, y):
    s, n = pair(x, y)
    (a, b), c = (y, x), s
    a, b = b, a
    m, e = math.frexp(s)
    return a - b + c * n + m + e + pair(y, x)[0] + max(x, y) - min(x, y, 0.5)


def tried(x, y):
    try:
        z = abs(x) ** y
    except (OverflowError, ZeroDivisionError):
        return -1.0
    except ValueError:
        z = -2.0
    return z + 1.0


def quiet(x):
    try:
        return math.log(x)
    except ValueError:
        return -7.0




def factorial_of(n: float) -> float:
    return 1.0 if n <= 1.0 else n * factorial_of(n - 1.0)


def quiet_one():
    return quiet


def called(x, y):
    if x > 1e100:
        raise ArithmeticError("too large")
    return quiet_one()(x) * 2.0 + factorial_of(4.0 if y > 0 else 2.0) + operator.sub(x, y) + quotients(y, x)


def quotients(x, y):
    return x // y + x % y - 7 // 2 + -7 % 3


def extremes(x, y):
    xs = [x, y, 2.0]
    at = max(range(len(xs)), key=xs.__getitem__)
    return xs[at] + xs.index(2.0) + float(math.floor(min(max(x, -1e9), 1e9)))


UNDERSTOOD = [
    chained, boolean, known, branches, whiles, ranges, tables, lists, quantifiers, tuples, tried, called, quotients,
    extremes,
]  # fmt: skip  # a list


def with_with(x):
    with open("f"):
        return x


def walrus(x):
    return (y := x) + y


def dictionary(x):
    return {1.0: x}[1.0]


def formatted(x):
    return float(f"{x}")


def summed(x):
    return sum([x, x])


def starred(*xs):
    return xs[0]


def mixed(x):
    return x if x > 0 else 0


def two_types(x):
    y = 1
    if x > 0:
        y = x
    return y


def unset(x):
    if x > 0:
        y = x
    return y


def endless(x):  # noqa: RET503  # what is tested
    if x > 0:
        return x


def deleted(x):
    y = x
    del y
    return x


def aliased(x):
    xs = [x]
    ys = xs
    ys.append(x)
    return xs[1]


def changed_argument(x):
    return added_to([x])


def added_to(xs):
    xs.append(1.0)
    return xs[0]


def kept_by_another(x):
    xs = [x]
    ys = same_list(xs)
    xs.append(2.0)
    return running(ys)


def same_list(xs):
    return xs


def loop_that_changes(x):
    xs = [x]
    for v in xs:
        xs.append(v)
    return x


def two_tries(x):
    try:
        return math.log(x) + math.sqrt(x)
    except ValueError:
        return 0.0


def unpacking_try(x):
    try:
        a, b = math.log(x), x
    except ValueError:
        return 0.0
    return a + b


def long_try(x):
    try:
        y = math.log(x)
        y = y + 1.0
    except ValueError:
        return 0.0
    return y


def branching_try(x):
    try:
        if x > 0:
            return math.log(x)
    except ValueError:
        return 0.0
    return x


def while_else(x):
    while x > 1.0:
        x -= 1.0
    else:
        return x


def for_else(x):
    for _ in range(3):
        x -= 1.0
    else:
        return x


def assigned_twice(x):
    y = z = x
    return y + z


def stars_and_more(x):
    return helper_of_two(*[x], x)


def helper_of_two(a, b):
    return a + b


def wrong_count(x):
    return helper_of_two(x)


def list_of_lists(x):
    xs = [x, x]
    return xs + xs


def conditional_loop(x):
    return 1.0 if x > 0 and any(v > x for v in [x, 2.0]) else 0.0


def two_loops(x):
    return running([a * b for a in [x] for b in [x]])


def reversed_range(x):
    for k in reversed(range(3)):
        x += k
    return x


def dynamic_step(x):
    for k in range(0, 6, int(x)):
        x += k
    return x


def is_compared(x):
    return 1.0 if x is x else 0.0  # what is tested


def inverted(x):
    return float(~int(x))


def shifted(x):
    return float(int(x) << 2)


def named_argument_of_math(x):
    return math.prod([x, x], start=2.0)


def number_or(x):
    return x or 1.0


def large_int(x):
    return x + 100000000000000000000


def stepped(x):
    xs = [x, x]
    return xs[::2][0]


def undefined(x):
    return nowhere + x  # noqa: F821  # what is tested


def complex_math(x):
    return math.comb(3, 2) + x


def raised_again(x):
    try:
        y = math.log(x)
    except ValueError:
        raise
    return y


def unpacked_short(x):
    y, z = x, x, x
    return y + z


REFUSED = {
    raised_again: "`raise`", unpacked_short: "`y, z = (x, x, x)`",
    with_with: "`with open('f'):`", walrus: "NamedExpr", dictionary: "Dict", formatted: "JoinedStr",
    summed: "the builtin `sum`", starred: "any number of arguments", mixed: "a float here and an int there",
    two_types: "y as another type", unset: "y, which is not set on every way here,", endless: "end without a result",
    deleted: "`del y`", aliased: "ys, which is changed", changed_argument: "`xs.append(1.0)`", kept_by_another: "given to same_list", loop_that_changes: "a loop through `xs`",
    two_tries: "`try` around several operations", unpacking_try: "`try` around this", long_try: "`try` around more than one line",
    branching_try: "`try` around this", while_else: "`else` of a loop", for_else: "`else` of a loop",
    assigned_twice: "`y = z = x`", stars_and_more: "`helper_of_two(*[x], x)`", wrong_count: "a call of helper_of_two",
    list_of_lists: "arithmetic on a list of floats", conditional_loop: "a loop inside of what may not be evaluated",
    two_loops: "two loops in one expression", reversed_range: "`reversed(range(3))`", dynamic_step: "`range(0, 6, int(x))`",
    is_compared: "`x is x`", inverted: "`~int(x)`", shifted: "`int(x) << 2`", named_argument_of_math: "prod",
    number_or: "`or` as a number", large_int: "the int 1000000",
    stepped: "`xs[::2]`", undefined: "the name nowhere", complex_math: "comb",
}  # fmt: skip  # a table

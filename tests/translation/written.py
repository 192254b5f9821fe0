"""Functions that use everything that the translator understands, and some that use other things."""

import math
import operator

from autograd_core.ops import dot, leaky_relu, sub

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
    """Conditions that are partly known during translation."""
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


def known_at_once(x, y):
    """Conditions that are decided during translation."""
    z = 1.0 if type(x) is float else 2.0
    if y is None and x > 0.0:
        z = 3.0
    if not (y is None) and (type(y) is float or x > 0.0):  # noqa: E714  # what is tested
        z = z + y
    return z * int(x > y) + int(int(x >= 1.0)) + len((x, y, 1.0))  # noqa: RUF046  # what is tested


def no_number(x, y):
    """Constants that Python does not turn into floats: it raises, or switches to complex numbers."""
    if x > 1.0:
        return 1.0 / 0.0
    return (-8.0) ** 0.5 if y > 1.0 else 7.0 / 2.0


def shares(x, y):
    return x / 4.0 - 3.0 / y


def contained(x, y):
    k = 1 if x < 0.0 else 4
    return float(x in TABLE) + 2.0 * (k not in WHOLE) + 4.0 * (y in (1.0, -1.0)) + 8.0 * (y not in TABLE)


def parts(x, y):
    a, b = [y, x]
    xs = [a + b, x, 3.0]
    c, d, e = xs
    return (x, y)[0] + 2.0 * (x, y)[-1] + c * d - e + running(list(xs)) + helper_of_two(*xs[1:]) + helper_of_two(*(x, y))


def filtered(x, y):
    return running([v for v in [x, y, 1.0] if v > -2.0 if v < 2.0])


def counted(x, y):
    total = 0.0
    for i, v in enumerate([x, y, 1.0], start=2):
        total += i * v
    share: float
    share = total
    return share


def quiet_loop(x, y):
    z = y
    while z > 1.0:
        z = z * 0.5 if z < 1e6 else 2.0
    return z + x


def whole_part(x):
    if not abs(x) < 1e9:
        raise ValueError("too large")
    return int(x)


def is_small(x):
    if x != x:
        raise ValueError("not a number")
    return abs(x) < 1.0


def helpers(x, y):
    """Errors raised in a called function and caught, and results of types other than float."""
    try:
        z = float_of(x)
    except:  # noqa: E722  # what is tested
        return -1.0
    return z + 2.0 * is_small(y) + leaky_relu(x) + dot([x, y], [y, 2.0]) + within(x)


def applied(f, x):
    return f(x)


def given_functions(x, y):
    """A function that is given two others, and None: it is translated for each."""
    return applied(quiet, x) + 2.0 * applied(float_of, y) + optional(x, None) + optional(x, "twice")


def optional(x, how):
    return x if how is None else 2.0 * x


def float_of(x):
    return float(whole_part(x))


def made_with(scale):
    def within(x):
        return x * scale

    return within


within = made_with(0.25)

def counted_loop(x, y):
    """A loop that is the same at every point."""
    total, k = 0.0, 0
    while k < 5:
        k += 1
        if k == 4:
            break
        if k == 2:
            continue
        if k == 3:
            pass
        total += x * k
    return total + y


def halved(x):
    n = 0
    while 1.0 < x < 1e9 and n < 20:
        x = x * 0.5
        n += 1
    return x, float(n)


def halved_at_some_points(x, y):
    if x > 0.0:
        return halved(y)[0]
    return x


UNDERSTOOD = [
    chained, boolean, known, branches, whiles, ranges, tables, lists, quantifiers, tuples, tried, called, quotients,
    extremes, known_at_once, no_number, shares, contained, parts, filtered, counted, quiet_loop, helpers,
    given_functions, counted_loop, halved_at_some_points,
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


def list_as_number(x):
    return math.sin([x])


def tuple_as_number(x):
    return math.sin((x, x))


def number_as_int(x):
    return math.ldexp(x, x)


def attribute_of_a_number(x):
    return x.real


def attribute_that_is_not_there(x):
    return math.nothing + x


def power_of_ints(x):
    return float(int(x) ** 2)


def compared_with_a_list(x):
    return 1.0 if x < [x] else 2.0


def contained_in_a_number(x):
    return 1.0 if x in math.sin(x) else 2.0


def far_part(x):
    return (x, x)[5]


def far_part_from_the_end(x):
    return (x, x)[-3]


def star_of_a_number(x):
    return running([*x])


def any_of_a_list(x):
    return 1.0 if any([x > 0.0]) else 2.0


def two_names_for_one_source(x):
    for a, b in [x, x]:
        x += a * b
    return x


def loop_that_sets_an_item(x):
    xs = [x]
    for xs[0] in [x, 2.0]:
        x += 1.0
    return x


def numbers_of_two_types(x):
    for c in (1, 2.5):
        x += c
    return x


def called_number(x):
    return x(1.0)


def index_with_a_start(x):
    return float([x, x].index(x, 1))


class Scale:
    def __init__(self):
        self.factor = 2.0

    def apply(self, x):
        return self.factor * x

    def __call__(self, x):
        return self.factor * x

    def __eq__(self, other):
        return self is other


SCALED = Scale()


def method(x):
    return SCALED.apply(x)


def object_without_a_hash(x):
    return SCALED(x)


def any_number(*xs):
    return xs[0]


def call_of_any_number(x):
    return any_number(x)


def row_of_too_few(x):
    return sub(x)


def row_of_lists_of_too_few(x):
    return dot([x])


def row_on_a_keyword(x):
    return leaky_relu(x, slope=0.5)


def first_star_is_second(x):
    return helper_of_two(x, *[x])


def length_of_a_number(x):
    return float(len(x))


def type_of_a_tuple(x):
    return 1.0 if type((x, x)) is tuple else 2.0


def instance_of_a_number(x):
    return 1.0 if isinstance(x, x) else 2.0


def largest_of_a_list(x):
    return max([x, x])


def largest_by_another_key(x):
    xs = [x, x]
    return max(xs, key=xs.__getitem__)


def list_of_a_number(x):
    return list(x)[0]  # noqa: RUF015  # what is tested


def statement_for_nothing(x):
    x + 1.0
    return x


def call_for_nothing(x):
    print(x)
    return x


def item_and_more(x):
    xs = [x]
    xs[0] += 1.0
    return xs[0]


def shifted_in_place(x):
    k = 1
    k <<= 2
    return x * k


def assigned_attribute(x):
    SCALED.factor = 1.0
    return x


def rest_of_a_list(x):
    a, *b = [x, x]
    return a + len(b)


def item_at_a_float(x):
    xs = [x]
    xs[x] = 1.0
    return xs[0]


def item_of_an_argument(x):
    return set_first([x])


def set_first(xs):
    xs[0] = 1.0
    return xs[0]


def second_name(x):
    xs = [x]
    ys = xs
    xs.append(x)
    return ys[0]


def nothing_after_a_number(x):
    y = x
    y = None
    return x if y is None else y


def whole_after_a_float(x):
    y = x
    y = 0
    return y + x


def counter_after_a_number(x):
    k = x
    for k in range(3):
        x += k
    return x


def nothing_or_a_number(x):
    if x > 0.0:
        return  # noqa: RET502  # what is tested
    return x


def function_or_a_number(x):
    if x > 0.0:
        return running
    return x


def whole_or_not(x):
    if x > 0.0:
        return 1.0
    return int(x)


def catching_what_is_not_told_apart(x):
    try:
        return math.log(x)
    except KeyError:
        return 0.0


def number_or_within(x):
    return 1.0 * (x > 0.0 and (x or 2.0))


def two_calls_tried(x):
    try:
        return float_of(x) + float_of(x + 1.0)
    except ValueError:
        return 0.0


REFUSED = {
    number_or_within: "`or` used as a number", two_calls_tried: "`try` around several operations",
    list_as_number: "a list of floats where a float is needed", tuple_as_number: "a tuple where a float is needed",
    number_as_int: "a float where an int is needed", attribute_of_a_number: "`x.real`",
    attribute_that_is_not_there: "`math.nothing`", power_of_ints: "an int raised to an int power",
    compared_with_a_list: "`x < [x]`", contained_in_a_number: "`x in math.sin(x)`", far_part: "`(x, x)[5]`",
    far_part_from_the_end: "`(x, x)[-3]`", star_of_a_number: "`*x`", any_of_a_list: "`any([x > 0.0])`",
    two_names_for_one_source: "`for (a, b) in [x, x]`", loop_that_sets_an_item: "`xs[0]` as the target of a loop",
    numbers_of_two_types: "a loop over `(1, 2.5)`", called_number: "the call `x(1.0)`",
    index_with_a_start: "`[x, x].index`", method: "the method Scale.apply", object_without_a_hash: "Scale object",
    call_of_any_number: "any_number, which takes any number of arguments,", row_of_too_few: "sub with 1 operand",
    row_of_lists_of_too_few: "dot with 1 argument", row_on_a_keyword: "leaky_relu with operands passed by name",
    first_star_is_second: "`helper_of_two(x, *[x])`",
    length_of_a_number: "`len(x)`", type_of_a_tuple: "`type((x, x))`", instance_of_a_number: "`isinstance(x, x)`",
    largest_of_a_list: "`max([x, x])`", largest_by_another_key: "`max(xs, key=xs.__getitem__)`",
    list_of_a_number: "`list(x)`", statement_for_nothing: "`x + 1.0`", call_for_nothing: "`print(x)`",
    item_and_more: "`xs[0] += 1.0`", shifted_in_place: "`k <<= 2`", assigned_attribute: "`SCALED.factor = …`",
    rest_of_a_list: "`*b = …`", item_at_a_float: "`xs[x] = …`", item_of_an_argument: "`xs[0] = …`",
    second_name: "a second name for xs", nothing_after_a_number: "y, which was a number before,",
    whole_after_a_float: "y with a different type than before", counter_after_a_number: "k with a different type than before",
    nothing_or_a_number: "`return` in a function that also returns something else", function_or_a_number: "`return running` in a function that also returns something else",
    whole_or_not: "a result of a different type than before", catching_what_is_not_told_apart: "`except KeyError:`",
    raised_again: "`raise`", unpacked_short: "`y, z = (x, x, x)`",
    with_with: "`with open('f'):`", walrus: "NamedExpr", dictionary: "Dict", formatted: "JoinedStr",
    summed: "the builtin `sum`", starred: "any number of arguments", mixed: "alternatives of different types (a float and an int)",
    two_types: "y with a different type", unset: "y, which is not assigned on every path to this line,", endless: "end without a `return`",
    deleted: "`del y`", aliased: "ys, which is changed", changed_argument: "`xs.append(1.0)`", kept_by_another: "passed to same_list", loop_that_changes: "a loop over `xs`",
    two_tries: "`try` around several operations", unpacking_try: "`try` around this", long_try: "`try` around more than one line",
    branching_try: "`try` around this", while_else: "the `else` clause of a loop", for_else: "the `else` clause of a loop",
    assigned_twice: "`y = z = x`", stars_and_more: "`helper_of_two(*[x], x)`", wrong_count: "a call to helper_of_two",
    list_of_lists: "arithmetic on a list of floats", conditional_loop: "a loop inside an expression that might not be evaluated",
    two_loops: "two loops in one expression", reversed_range: "`reversed(range(3))`", dynamic_step: "`range(0, 6, int(x))`",
    is_compared: "`x is x`", inverted: "`~int(x)`", shifted: "`int(x) << 2`", named_argument_of_math: "prod",
    number_or: "`or` used as a number", large_int: "the int 1000000",
    stepped: "`xs[::2]`", undefined: "the name nowhere", complex_math: "comb",
}  # fmt: skip  # a table

"""The methods that the table of operations installs on `Value`; signatures.pyi declares them for type checkers."""


class Operators:
    """The operators and methods of `Value`; empty at run time, because the table of operations installs them."""

    __slots__ = ()

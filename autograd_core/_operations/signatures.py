"""The methods that the table installs on Value; signatures.pyi spells them out for type checkers."""


class Operators:
    """The operators and methods of `Value`; empty at run time, because the rows of the table install them."""

    __slots__ = ()

"""The methods that the table installs on Value; signatures.pyi spells them out for type checkers."""


class Operators:
    """The operators and methods of `Value`; at run time, each row of the table installs its own method."""

    __slots__ = ()

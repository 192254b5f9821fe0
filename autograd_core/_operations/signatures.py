"""What type checkers see of the methods that the table installs on Value: written out in signatures.pyi."""


class Operators:
    """The operators and methods of `Value`; at run time each row of the table installs its own."""

    __slots__ = ()

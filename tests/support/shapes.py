"""Shapes of JSON answers: which fields an object has and of which types. A shape is a tuple of types, a list with
the shape of its items, or a dict of fields; more fields than it names are fine."""

from cluster import Failure

WHOLE, REAL, TEXT, FLAG = (int,), (int, float), (str,), (bool,)


class Maybe:
    """A field that may be left out."""

    def __init__(self, shape):
        self.shape = shape


def fields(names, shape):
    return {name: shape for name in names.split()}


def check(what, found, shape):
    """Fails when `found` lacks a field of `shape` or has it with another type."""
    if isinstance(shape, Maybe):
        shape = shape.shape
    if isinstance(shape, dict):
        if not isinstance(found, dict):
            raise Failure(f"{what} is no object: {found!r}")
        for name, inner in shape.items():
            if name in found:
                check(f"{what}.{name}", found[name], inner)
            elif not isinstance(inner, Maybe):
                raise Failure(f"{what}: no field {name}; there are {' '.join(found)}")
    elif isinstance(shape, list):
        if not isinstance(found, list):
            raise Failure(f"{what} is no list: {found!r}")
        for number, item in enumerate(found):
            check(f"{what}[{number}]", item, shape[0])
    elif isinstance(found, bool) != (shape is FLAG) or not isinstance(found, shape):
        raise Failure(f"{what} is {found!r}, not {' or '.join(kind.__name__ for kind in shape)}")


def absent(what, found, names):
    for name in names.split():
        if name in found:
            raise Failure(f"{what} has a field {name}")

import socket
from types import SimpleNamespace

from chunktape.adapters.patch import Patches


class Base:
    def greet(self):
        return "base"


class Own(Base):
    @staticmethod
    def shout():
        return "own"


def louder(original):
    return lambda *args: f"{original(*args)}!"


def test_an_inherited_attribute_is_inherited_again():
    """What a class only inherits is replaced on the class, and gone from it afterwards."""
    patches = Patches()
    patches.replace(Own, "greet", louder)
    during = (Own().greet(), Base().greet())

    patches.undo()

    assert during == ("base!", "base")
    assert "greet" not in vars(Own)
    assert Own().greet() == "base"


def test_a_staticmethod_comes_as_such_and_is_put_back():
    """The original of a class's own attribute is what its namespace holds, descriptor and all."""
    before = vars(Own)["shout"]
    seen = []
    patches = Patches()
    patches.replace(Own, "shout", lambda original: seen.append(original) or staticmethod(lambda: "new"))
    during = Own.shout()

    patches.undo()

    assert (during, seen) == ("new", [before])
    assert vars(Own)["shout"] is before


def test_replaced_twice_is_put_back_to_the_first():
    """The same attribute replaced twice comes back as it was before both."""
    module = SimpleNamespace(f=lambda: "f")
    before = module.f
    patches = Patches()
    patches.replace(module, "f", louder)
    patches.replace(module, "f", louder)
    during = module.f()

    patches.undo()

    assert during == "f!!"
    assert module.f is before


def test_what_somebody_patched_over_is_left_alone():
    """A replacement that somebody else has replaced since stays under theirs."""
    module = SimpleNamespace(f=lambda: "f")
    patches = Patches()
    patches.replace(module, "f", louder)
    ours = module.f
    module.f = theirs = lambda: f"({ours()})"

    patches.undo()

    assert module.f is theirs
    assert module.f() == "(f!)"


def test_a_method_of_a_c_class_is_replaced_on_its_python_subclass():
    """`socket.socket` inherits `connect` from C, and does so again afterwards."""
    patches = Patches()
    patches.replace(socket.socket, "connect", louder)
    during = "connect" in vars(socket.socket)

    patches.undo()

    assert during
    assert "connect" not in vars(socket.socket)

"""A page as a parser reads it: its elements in a tree, for tests that look at its structure."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = {"br", "hr", "img", "input", "link", "meta", "line", "path", "rect"}


class Node:
    """One element, with its text and what is in it."""

    def __init__(self, name, attributes, parent):
        self.name = name
        self.attributes = dict(attributes)
        self.parent = parent
        self.children = []
        self.pieces = []

    def __getitem__(self, name):
        return self.attributes[name]

    def get(self, name):
        """Return an attribute, None where it is not there."""
        return self.attributes.get(name)

    @property
    def text(self):
        """The text of this element and of all in it, in the order of the page."""
        return "".join(one if isinstance(one, str) else one.text for one in self.pieces)

    def all(self, *names, **attributes):
        """Return the elements below this one by their names and attributes, in order."""
        found = []
        for child in self.children:
            if (not names or child.name in names) and all(
                child.get(key.rstrip("_").replace("_", "-")) == value for key, value in attributes.items()
            ):
                found.append(child)
            found += child.all(*names, **attributes)
        return found

    def one(self, *names, **attributes):
        """Return the only such element."""
        (found,) = self.all(*names, **attributes)
        return found

    def is_within(self, name):
        """Whether an element of this name is around this one."""
        return self.parent is not None and (self.parent.name == name or self.parent.is_within(name))


class _Tree(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.root = self.here = Node("", {}, None)

    def handle_starttag(self, tag, attrs):
        node = Node(tag, attrs, self.here)
        self.here.children.append(node)
        self.here.pieces.append(node)
        if tag not in _VOID:
            self.here = node

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        assert tag == self.here.name, f"</{tag}> ends <{self.here.name}>"
        self.here = self.here.parent

    def handle_data(self, data):
        self.here.pieces.append(data)


def tree_of(html):
    """Return the root of a page; each element must be ended by its own name, in order."""
    tree = _Tree()
    tree.feed(html)
    tree.close()
    assert tree.here is tree.root, f"<{tree.here.name}> is never ended"
    return tree.root

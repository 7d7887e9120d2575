"""The trace of a pass, as users have it: its arrays by name, why each number is what it is, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from chainrule.arrays import Array
from chainrule.common import atomic
from chainrule.common.asked_language import asked
from chainrule.common.errors import InputError
from chainrule.common.languages import language
from chainrule.common.settings import Place, flag, listed, shown, whole
from chainrule.common.texts import tr
from chainrule.trace.answers import answer
from chainrule.trace.explanation import Explanation
from chainrule.trace.paths import Block, find, places
from chainrule.trace.record import PassRecord
from chainrule.trace.telling import pages, plain
from chainrule.trace.telling.words import words

_ASKED_AT_ONCE = 64
"""Numbers of a slice that are explained; of more, the largest are."""
_FILE = Place(meaning="the file to write")


@dataclass(frozen=True, eq=False, repr=False)
class Why(Explanation):
    """One number, and the terms that it is the sum of; `str` shows them as a table.

    Examples
    --------
    >>> import chainrule as cr
    >>> network = cr.Network.mlp([2, 3, 1], seed=0, dtype="float64")
    >>> why = network.trace([[1.0, 2.0], [0.5, -1.0]], [0, 1]).why("layer2.W[1, 0]")
    >>> why.path, [(term.factor, term.number_path) for term in why.terms]
    ('layer2.dW[1, 0]', [('layer2.A[1, 1]', 'layer2.dZ[1, 0]')])
    """

    traced: Any = None  # the PassRecord

    def open(self, term: int = 0) -> Why:
        """Return why the number of a term is what it is: of the largest one, or of that with a number from 0.

        A block of numbers opens into smaller blocks, or into its numbers.
        """
        if not -len(self.terms) <= whole("open", "term", term, least=-len(self.terms)) < len(self.terms):
            raise InputError(
                "{path} has {count} terms, numbered from 0, but term={term} came.",
                path=self.path,
                count=len(self.terms),
                term=term,
            )
        chosen = self.terms[term]
        if not chosen.opens:
            raise InputError(
                "The term {term} of {path} has nothing behind it.",
                term=chosen.number_path or term,
                path=self.path,
            )
        if chosen.number is not None:
            return ask(self.traced, chosen.number_path)[0]
        above, index = find(self.traced, chosen.number_path)
        quantity, place = find(self.traced, self.path)
        assert index is not None and place is not None  # a block of a layer's numbers
        return _as_why(self.traced, answer(self.traced, quantity, place, Block(above.name, index)))

    def influence(self) -> list[Why]:
        """Return the path of greatest influence: this number, its largest term's, the largest term's of that, ...

        It ends at the loss, or for a value at the first layer.
        """
        path = [self]
        while path[-1].terms and path[-1].terms[0].opens:
            path.append(path[-1].open())
        return path

    def text(self, *, terms: int = 8, lang: str | None = None, color: bool = False, width: int = 100) -> str:
        """Return the terms as a table; all but the largest in one line."""
        from chainrule.trace.telling import terminal

        return terminal.why(self, terms, asked("text", lang), color=color, width=width)

    def html(self, *, terms: int = 8, lang: str | None = None) -> str:
        """Return a page that needs no other file: a tree that opens from the number to the loss."""
        lang = asked("html", lang)
        return pages.page(self.path, pages.tree(self, Why.open, terms, lang), lang)

    def json(self) -> dict[str, Any]:
        """Return plain data."""
        return plain.of_explanation(self)

    def __repr__(self) -> str:
        count = len(self.terms)
        terms = tr("1 term") if count == 1 else tr("{count} terms", count=count)
        return f"Why({self.path} = {self.value:.6g}, {terms})"

    def __str__(self) -> str:
        return self.text(lang=language())

    def _repr_html_(self) -> str:
        return pages.fragment(pages.tree(self, Why.open, 8, language()))


class WhyEach(tuple[Why, ...]):
    """Why each number of a slice is what it is, the largest first.

    Attributes
    ----------
    path, asked
        What was asked for, and how many numbers that are.
    """

    path: str = ""
    asked: int = 0

    def left_out(self, lang: str | None = None) -> str:
        """Return a sentence about the numbers that are not explained; nothing if all are."""
        if self.asked <= len(self):
            return ""
        return words("left-out", asked("left_out", lang), path=self.path, all=f"{self.asked:,}", shown=len(self))

    def text(self, *, terms: int = 3, lang: str | None = None, color: bool = False, width: int = 100) -> str:
        """Return the tables one below another."""
        lang = asked("text", lang)
        texts = [why.text(terms=terms, lang=lang, color=color, width=width) for why in self]
        return "\n\n".join([*texts, *filter(None, [self.left_out(lang)])])

    def html(self, *, terms: int = 3, lang: str | None = None) -> str:
        """Return a page that needs no other file, with a tree for each number."""
        lang = asked("html", lang)
        trees = "\n".join(pages.tree(why, Why.open, terms, lang) for why in self)
        return pages.page(f"{self[0].path} …", trees + pages.small_print(self.left_out(lang)), lang)

    def json(self) -> list[dict[str, Any]]:
        """Return plain data."""
        return [why.json() for why in self]

    def __str__(self) -> str:
        return self.text(lang=language())

    def _repr_html_(self) -> str:
        lang = language()
        trees = (pages.tree(why, Why.open, 3, lang) for why in self)
        return pages.fragment("\n".join(trees) + pages.small_print(self.left_out(lang)))


def ask(traced: PassRecord, path: str, *, difference: bool = False, most: int = _ASKED_AT_ONCE) -> WhyEach:
    """Return why each number that a path names is what it is; of more than `most`, the largest."""
    quantity, index = find(traced, path)
    if traced.loss is not None and quantity.kind == "loss" and not quantity.array.shape:
        start = traced.loss.axis
        asked = places(traced.loss.Z.shape[start : start + len(index or ())], index)
    else:
        record, of = quantity.record, quantity.name.rpartition(".")[2]
        gradients = {} if record is None or quantity.kind == "step" else record.backward
        array: Array = gradients.get(f"d{of}", quantity.array)
        asked = sorted(places(array.shape, index), key=lambda place: -abs(float(array[place])))
    explained = (answer(traced, quantity, place, difference=difference) for place in asked[:most])
    whys = WhyEach(_as_why(traced, explanation) for explanation in explained)
    whys.path, whys.asked = path, len(asked)
    return whys


def _as_why(traced: PassRecord, explanation: Explanation) -> Why:
    values = {field.name: getattr(explanation, field.name) for field in fields(Explanation)}
    return Why(**values, traced=traced)


def _explanations(why: Any) -> list[Why]:
    """Return one explanation or several as a list."""
    explanations = [why] if isinstance(why, Why) else listed(why)
    if explanations is None or not all(isinstance(explanation, Why) for explanation in explanations):
        raise InputError(
            "A page takes why as what trace.why(...) returned, or a list of such, but why={why} came. Write "
            'why=trace.why("layer0.W[0, 0]").',
            why=shown(why),
        )
    return explanations


@dataclass(frozen=True, eq=False, repr=False)
class Trace(PassRecord):
    """One pass with every number in it.

    ``trace["layer0.W"]`` is an array and ``trace["layer0.W[3, 1]"]`` a number of it; `layers` and `loss` have the same
    as records. A layer's arrays have the names of its equation: ``layer0.A``, ``layer0.Z``, and for the gradients
    ``layer0.dA``, ``layer0.dZ``, ``layer0.dW``. A trace prints as a table, and shows as a
    page in notebooks, in the language of the locale.

    Examples
    --------
    >>> import chainrule as cr
    >>> network = cr.Network.mlp([2, 3, 1], seed=0)
    >>> trace = network.trace([[1.0, 2.0], [0.5, -1.0]], [0, 1])
    >>> trace["layer0.W"].shape, trace["layer2.dZ"].shape
    ((2, 3), (2, 1))
    """

    def __getitem__(self, path: str) -> Array:
        quantity, index = find(self, path)
        if index is not None and len(index) > quantity.array.ndim:  # the loss of an example, which no array holds
            raise InputError(
                "{name} is one number here; for that of an example, see why({path!r}).value.",
                name=quantity.name,
                path=path,
            )
        return quantity.array if index is None else quantity.array[index]

    def why(self, path: str, *, difference: bool = False) -> Why | WhyEach:
        r"""Return why a number is what it is.

        Parameters
        ----------
        path
            A number, such as ``"layer2.W[3, 1]"``. Of a parameter or a gradient (``"layer1.dZ[0, 4]"``), the terms are
            what each number from above adds to it; of a value (``"layer1.Z[0, 4]"``), what each input adds; of
            ``"loss"``, what each example adds, and of ``"loss[0]"`` each class. A path without a place, or with slices,
            asks about many numbers; of more than 64, the largest are explained.
        difference
            Whether to put the slope of the loss from finite differences beside a gradient.

        Returns
        -------
        Why or WhyEach
            The terms, in order of size; for many numbers, a tuple.

        Raises
        ------
        InputError
            There is no such number, or nothing to explain; the message says what there is.

        Notes
        -----
        Backward is linear in the gradient from above, so the terms of a gradient come from the layer's own backward,
        which is asked with unit gradients:

        .. math:: g = \sum_k \frac{\partial y_k}{\partial w}\, dy_k
        """
        answers = ask(self, path, difference=flag("why", "difference", difference))
        return answers[0] if len(answers) == 1 else answers

    def text(self, *, lang: str | None = None, color: bool = False, width: int = 100) -> str:
        """Return a table of the layers, with all numbers below if they are few."""
        from chainrule.trace.telling import terminal

        return terminal.trace(self, asked("text", lang), color=color, width=width)

    def html(self, *, why: Why | Sequence[Why] = (), lang: str | None = None) -> str:
        """Return a page that needs no other file, with explanations on top if there are any."""
        lang = asked("html", lang)
        trees = [pages.tree(explanation, Why.open, 8, lang) for explanation in _explanations(why)]
        return pages.page(pages.title(lang), pages.trace(self, lang, trees), lang)

    def write(self, path: str | Path, *, why: Why | Sequence[Why] = (), lang: str | None = None) -> Path:
        """Write the page to a file."""
        file: Path = _FILE.check("write", "path", path)
        page = self.html(why=why, lang=lang)
        atomic.make_folder(file.parent)
        atomic.write(file, page.encode("utf-8"))
        return file

    def json(self) -> dict[str, Any]:
        """Return plain data; of large arrays, corners and statistics."""
        return plain.of_pass(self)

    def __str__(self) -> str:
        return self.text(lang=language())

    def __repr__(self) -> str:
        end = "" if self.loss is None else f", loss={self.loss.value:.6g}"
        return f"Trace({', '.join(record.label for record in self.layers)}{end})"

    def _repr_html_(self) -> str:
        return pages.fragment(pages.trace(self, language()))

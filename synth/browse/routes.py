"""What the page asks of one or two data sets, `data` and `beside`.

GET /browse/start                                 what there is
GET /browse/page?filter=&from=0&count=24&pair=0   keys of the samples that meet a condition, of each;
                                                  with pair=1, `beside` shows the samples of `data`'s keys
GET /browse/picture?of=data&key=...&labels=1      a picture, with its labels drawn over it
GET /browse/labels?of=data&key=...                every column of a sample
GET /browse/chart?column=...&filter=              how a column is spread, over those that meet the condition
"""

import base64
import io
from collections import Counter
from collections.abc import Mapping
from http import HTTPStatus
from threading import Lock
from typing import Any

import numpy as np
from jaxtyping import Int

from synth.browse.corpus import Corpus
from synth.errors import DataError
from synth.report import charts
from synth.report.overlay import draw_sample
from synth.report.sheet import automatic_scale
from synth.web.request import Answer, FaultError, Request, Route

MOST_ON_PAGE = 100


class Browser:
    """Answers for the data sets that were named when the page was started, and for no other."""

    def __init__(self, corpora: Mapping[str, Corpus]) -> None:
        """Take data sets by the names that the page has for them."""
        self.corpora = dict(corpora)
        self.drawing = Lock()  # matplotlib's settings are one for all threads

    def routes(self) -> dict[str, Route]:
        """Return its routes by their paths."""
        return {
            "/browse/start": Route("GET", lambda request: Answer.json(self.start())),
            "/browse/page": Route("GET", self._page),
            "/browse/picture": Route("GET", self._picture),
            "/browse/labels": Route("GET", lambda request: Answer.json(self._of(request).labels(request.text("key")))),
            "/browse/chart": Route("GET", self._chart),
        }

    def start(self) -> dict[str, Any]:
        """Return names, sizes and columns."""
        corpora = {
            of: {"name": corpus.name, "samples": len(corpus), "columns": dict(corpus.kinds)}
            for of, corpus in self.corpora.items()
        }
        return {"corpora": corpora}

    def _of(self, request: Request) -> Corpus:
        corpus = self.corpora.get(request.text("of"))
        if corpus is None:
            raise FaultError(HTTPStatus.NOT_FOUND, f"of: there are {', '.join(self.corpora) or 'no data sets'}")
        return corpus

    def _page(self, request: Request) -> Answer:
        condition, start, count = request.text("filter", ""), request.whole("from", 0), request.whole("count", 24)
        if not 1 <= count <= MOST_ON_PAGE:
            raise FaultError(HTTPStatus.BAD_REQUEST, f"count={count}: 1 to {MOST_ON_PAGE}")
        told: dict[str, Any] = {}
        for of, corpus in self.corpora.items():
            rows = corpus.rows(condition)
            told[of] = {"total": len(rows), "keys": [corpus.key(int(row)) for row in rows[start : start + count]]}
        if request.text("pair", "0") == "1" and "beside" in told:
            told["beside"]["keys"] = [
                key if _has(self.corpora["beside"], key) else None for key in told["data"]["keys"]
            ]
        return Answer.json(told)

    def _picture(self, request: Request) -> Answer:
        sample = self._of(request).sample(request.text("key"))
        picture = draw_sample(sample, automatic_scale(sample.picture.shape[1]), request.text("labels", "1") == "1")
        buffer = io.BytesIO()
        picture.save(buffer, "PNG", compress_level=1)
        return Answer(buffer.getvalue(), "image/png")

    def _chart(self, request: Request) -> Answer:
        name, condition = request.text("column"), request.text("filter", "")
        found = {of: corpus for of, corpus in self.corpora.items() if name in corpus.kinds}
        if not found:
            raise DataError(f"there is no column {name[:80]!r}")
        rows = {of: corpus.rows(condition) for of, corpus in found.items()}
        drawn = self._charts(name, {of: (corpus, rows[of]) for of, corpus in found.items()})
        return Answer.json({"charts": [_svg_url(chart) for chart in drawn]})

    def _charts(self, name: str, chosen: Mapping[str, tuple[Corpus, Int[np.ndarray, "_"]]]) -> list[str]:
        """Return a chart of one data set's column, or what compares two."""
        values = {of: corpus.column(name).take(rows).drop_null() for of, (corpus, rows) in chosen.items()}
        titles = {of: f"{name}, {corpus.name}" for of, (corpus, _) in chosen.items()}
        missing = {of: len(rows) - len(values[of]) for of, (_, rows) in chosen.items()}
        filled = {of: column for of, column in values.items() if len(column)}
        with self.drawing:
            if all(chosen[of][0].kinds[name] == "number" for of in filled) and filled:
                numbers = {of: column.to_numpy().astype(np.float64) for of, column in filled.items()}
                if len(numbers) == 1:
                    of = next(iter(numbers))
                    return [charts.histogram(numbers[of], titles[of], _lacking(missing[of]))]
                named = {f"{of}: {chosen[of][0].name}": column for of, column in numbers.items()}
                return [charts.histograms(named, name, _lacking(*missing.values()))]
            return [
                charts.bars(Counter(str(value) for value in column.to_pylist()), titles[of])
                for of, column in filled.items()
            ]


def _has(corpus: Corpus, key: str) -> bool:
    try:
        corpus.row_of(key)
    except DataError:
        return False
    return True


def _lacking(*counts: int) -> str:
    """Return how many samples lack a label, for the foot of a chart."""
    return f"without: {', '.join(map(str, counts))}" if any(counts) else ""


def _svg_url(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"

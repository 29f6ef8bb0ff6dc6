"""Great Expectations as the judge: it says which metrics it needs, receives their values, and gives its verdicts.

The only module that imports Great Expectations; it runs in a process of its own (see `gate`), because importing the
library takes seconds. `get_validation_dependencies` and `metrics_validate` are what the library itself calls between
its execution engine and its expectations; the library's version is pinned and a parity test watches them.
"""

from __future__ import annotations

import gc
import pickle
import sys
from importlib import import_module
from types import ModuleType
from typing import Any, BinaryIO

from ess_observatory.quality.conditions import Metric
from ess_observatory.quality.metrics import is_supported

_FORMAT = {"result_format": "BASIC"}
_SEVERITY = {"block": "critical", "warn": "warning", "info": "info"}


class SuiteJudge:
    """A declared suite, as the library sees it."""

    def __init__(self, name: str, checks: list[dict[str, Any]], context: Any) -> None:
        import great_expectations as gx
        from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine

        self.name, self.checks, self.context = name, checks, context
        self.suite = gx.ExpectationSuite(name=name)
        self.engine = PandasExecutionEngine()
        self.expectations: list[Any] = []
        self.errors: dict[int, str] = {}
        self.asked: list[list[tuple[Any, Metric]]] = []
        for number, check in enumerate(checks):
            try:
                self._declare(check)
            except Exception as error:
                self.errors[number] = f"{type(error).__name__} : {error}"
                self.expectations.append(None)
                self.asked.append([])
        self.by_library = {
            number
            for number, asked in enumerate(self.asked)
            if not all(is_supported(metric) for _, metric in asked)
        }

    def _declare(self, check: dict[str, Any]) -> None:
        import great_expectations as gx

        expectation = getattr(gx.expectations, check["expectation"])(
            **check["arguments"],
            severity=_SEVERITY[check["severity"]],
            meta={"id": check["id"], "label": check["label"]},
        )
        needs = expectation.get_validation_dependencies(
            execution_engine=self.engine, runtime_configuration=_FORMAT
        )
        first = sum(len(asked) for asked in self.asked)
        self.asked.append(
            [
                (
                    config.id,
                    Metric(
                        first + i,
                        config.metric_name,
                        dict(config.metric_domain_kwargs or {}),
                        dict(config.metric_value_kwargs or {}),
                    ),
                )
                for i, config in enumerate(needs.get_metric_configurations())
            ]
        )
        self.expectations.append(expectation)
        self.suite.add_expectation(expectation)

    def needs(self) -> dict[str, Any]:
        """What the other side must compute: metrics, and columns for the checks that the library computes itself."""
        metrics = [
            metric
            for number, asked in enumerate(self.asked)
            if number not in self.by_library
            for _, metric in asked
        ]
        columns: set[str] | None = set()
        for number in self.by_library:
            used = {name for _, metric in self.asked[number] for name in metric.columns()}
            conditional = any(metric.domain.get("row_condition") for _, metric in self.asked[number])
            columns = None if columns is None or conditional or not used else columns | used
        return {
            "metrics": metrics,
            "by_library": bool(self.by_library),
            "columns": columns and sorted(columns),
            "errors": [
                f"{self.checks[n]['id']} ({self.checks[n]['expectation']}) : {e}"
                for n, e in self.errors.items()
            ],
        }

    def judge(self, values: dict[int, Any], frame: str | None) -> dict[str, Any]:
        """The library's results: one outcome a check, the suite and the result as the library writes them."""
        from great_expectations.core import ExpectationSuiteValidationResult

        results = []
        for number, expectation in enumerate(self.expectations):
            if number in self.by_library:
                result = self._by_library(expectation, frame)
            else:
                result = expectation.metrics_validate(
                    {identity: values[metric.key] for identity, metric in self.asked[number]},
                    runtime_configuration=_FORMAT,
                    execution_engine=self.engine,
                )
            results.append(self._complete(expectation, result))
        held = sum(bool(result.success) for result in results)
        whole = ExpectationSuiteValidationResult(
            success=held == len(results),
            results=results,
            suite_name=self.name,
            meta={},
            statistics={
                "evaluated_expectations": len(results),
                "successful_expectations": held,
                "unsuccessful_expectations": len(results) - held,
                "success_percent": 100 * held / len(results) if results else None,
            },
        )
        return {
            "outcomes": [
                {
                    "success": bool(r.success),
                    "result": dict(r.result),
                    "by_library": n in self.by_library,
                    "error": (r.exception_info or {}).get("exception_message"),
                }
                for n, r in enumerate(results)
            ],
            "suite": self.suite.to_json_dict(),
            "result": whole.to_json_dict(),  # type: ignore[no-untyped-call]
        }

    def _by_library(self, expectation: Any, frame: str | None) -> Any:
        import pandas as pd

        asset = self.context.data_sources.add_or_update_pandas("staging").add_dataframe_asset(self.name)
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch(
            {"dataframe": pd.read_parquet(str(frame))}
        )
        return batch.validate(expectation, result_format="BASIC")

    @staticmethod
    def _complete(expectation: Any, result: Any) -> Any:
        from great_expectations.core.expectation_validation_result import ExpectationValidationResult

        if isinstance(result, dict):
            result = ExpectationValidationResult(**result)
        failure = next(
            (
                value.get("exception_message")
                for value in (result.exception_info or {}).values()
                if isinstance(value, dict)
            ),
            (result.exception_info or {}).get("exception_message"),
        )
        return ExpectationValidationResult(
            success=result.success,
            result=result.result,
            meta={},
            expectation_config=expectation.configuration,
            exception_info={
                "raised_exception": failure is not None,
                "exception_traceback": None,
                "exception_message": failure,
            },
        )


def library_context() -> Any:
    """A context of the library in memory, without progress bars."""
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    bars: Any = {"globally": False}
    context.variables.progress_bars = bars
    return context


def serve(source: BinaryIO, target: BinaryIO) -> None:
    """Receive suites, say what they need, then judge whatever values come until nothing comes any more."""

    def send(message: Any) -> None:
        pickle.dump(message, target)
        target.flush()

    try:
        plan = pickle.load(source)
    except EOFError:
        return
    context = library_context()
    judges = {item["id"]: SuiteJudge(item["id"], item["checks"], context) for item in plan}
    send({name: judge.needs() for name, judge in judges.items()})
    while True:
        try:
            given = pickle.load(source)
        except EOFError:
            return
        send({name: judges[name].judge(data["values"], data["frame"]) for name, data in given.items()})


class _Later(ModuleType):
    """A library that only rare checks and drawings need: imported when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


if __name__ == "__main__":
    sys.modules |= {name: _Later(name) for name in ("altair", "scipy.stats")}
    gc.disable()  # a process of seconds, nearly all of them spent importing what stays
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever a library prints must not mix with the answers
    serve(sys.stdin.buffer, answers)

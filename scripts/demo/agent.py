"""A small support agent, instrumented with nothing but the OpenTelemetry SDK.

It answers the questions of one January. Each answer is a workflow that searches with tools and calls language models.
The usual variables, such as OTEL_EXPORTER_OTLP_ENDPOINT, decide where the spans are sent. The models and the clock are
simulated; the spans and their export are real.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

USD_PER_MILLION_TOKENS = {  # (input, output)
    "gpt-4o-mini": (0.15, 0.60),
    "gpt-4o": (2.50, 10.00),
    "claude-sonnet-4": (3.00, 15.00),
}


@dataclass(frozen=True)
class Customer:
    tenant: str
    user: str
    session: str
    questions: int


CUSTOMERS = [
    Customer("AceTech", "Jerina", "session-123", 5),
    Customer("AceTech", "Jerina", "b8a359f8-f28c-4e88-839f-c5db103e9943", 9),
    Customer("AceTech", "Tomas", "session-124", 8),
    Customer("Globex", "Amara", "session-201", 6),
    Customer("Globex", "Wei", "session-202", 4),
]


class SearchUnavailableError(Exception):
    """The document search did not respond."""


class Agent:
    """Answer questions, and record each step as a span."""

    def __init__(self, tracer: trace.Tracer, seed: int = 2026) -> None:
        self._tracer = tracer
        self._random = random.Random(seed)
        self._now = datetime(2026, 1, 2, 8, tzinfo=UTC)

    def work_through_january(self) -> None:
        questions = [customer for customer in CUSTOMERS for _ in range(customer.questions)]
        self._random.shuffle(questions)
        for number, customer in enumerate(questions):
            self._now = datetime(2026, 1, 2 + number % 28, 8 + number % 9, tzinfo=UTC)
            self.answer(customer, search_is_down=number == 11)

    def answer(self, customer: Customer, search_is_down: bool = False) -> None:
        who = {
            "netra.session_id": customer.session,
            "netra.user_id": customer.user,
            "netra.tenant_id": customer.tenant,
        }
        with self._step("answer_question", who, {"netra.entity.type": "workflow"}):
            self._call_model("plan", "gpt-4o-mini", who)
            try:
                self._search_documents(who, search_is_down)
            except SearchUnavailableError:
                self._call_model("apologize", "gpt-4o-mini", who)
            else:
                self._call_model("openai.chat", self._random.choice(["gpt-4o", "claude-sonnet-4"]), who)

    def _search_documents(self, who: dict[str, str], is_down: bool) -> None:
        with self._step("search_documents", who, {"netra.span.type": "TOOL"}):
            if is_down:
                raise SearchUnavailableError("no response from the index within 2 s")

    def _call_model(self, name: str, model: str, who: dict[str, str]) -> None:
        tokens_in, tokens_out = self._random.randint(200, 4000), self._random.randint(20, 900)
        usd_in, usd_out = USD_PER_MILLION_TOKENS[model]
        usage: dict[str, str | int | float] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": model,
            "gen_ai.usage.input_tokens": tokens_in,
            "gen_ai.usage.output_tokens": tokens_out,
            "gen_ai.usage.cost": (tokens_in * usd_in + tokens_out * usd_out) / 1e6,
        }
        with self._step(name, who, usage):
            pass

    @contextmanager
    def _step(self, name: str, *attributes: dict[str, str] | dict[str, str | int | float]) -> Iterator[None]:
        """Record a span that starts now and takes some time on the simulated clock."""
        self._pass(0.001, 0.02)
        span = self._tracer.start_span(name, start_time=self._nanoseconds())
        for some in attributes:
            span.set_attributes(some)
        try:
            with trace.use_span(span):
                yield
        finally:
            self._pass(0.05, 2.0)
            span.end(self._nanoseconds())

    def _pass(self, shortest: float, longest: float) -> None:
        self._now += timedelta(seconds=self._random.uniform(shortest, longest))

    def _nanoseconds(self) -> int:
        return int(self._now.timestamp() * 1_000_000) * 1_000


def main() -> None:
    resource = Resource.create({"service.name": "support-agent", "deployment.environment": "demo"})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    Agent(provider.get_tracer("support-agent")).work_through_january()
    provider.shutdown()


if __name__ == "__main__":
    main()

"""The catalogue: which models answer, within which limits, and what each of them refuses."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

ADAPTIVE = ("adaptive",)
SWITCHABLE = ("adaptive", "disabled")
BETWEEN = ("adaptive", "between_tools")
BUDGETED = ("adaptive", "disabled", "enabled")
MANUAL = ("disabled", "enabled")
EFFORTS = ("low", "medium", "high", "xhigh", "max")
MILLION, QUARTER = 1_000_000, 200_000


@dataclass(frozen=True, slots=True)
class Model:
    """One row of the catalogue, in the words of the Models API."""

    id: str
    created: str
    thinking: tuple[str, ...]
    thinks_unasked: bool = False
    default_effort: str = "high"
    context_tokens: int = MILLION
    output_tokens: int = 128_000
    cacheable_tokens: int = 512
    forced_tools: bool = True
    prefill: bool = False
    deprecated: str | None = None
    retires: str | None = None
    retired: bool = False

    @property
    def lifecycle(self) -> str:
        return "retired" if self.retired else "deprecated" if self.deprecated else "active"

    @property
    def line(self) -> str:
        return self.id.split("-")[1]

    @property
    def display_name(self) -> str:
        _, line, *version = self.id.split("-")
        return f"Claude {line.capitalize()} {'.'.join(version)}"


def thinker(id: str, created: str, thinking: tuple[str, ...] = ADAPTIVE, effort: str = "high") -> Model:
    return Model(id, created, thinking, thinks_unasked=True, default_effort=effort, forced_tools=False)


ROWS = (
    thinker("claude-fable-5-2", "2026-11-09"),
    thinker("claude-mythos-5-2", "2026-11-09"),
    Model("claude-haiku-5-5", "2026-10-07", SWITCHABLE, thinks_unasked=True, default_effort="medium"),
    thinker("claude-sonnet-5-5", "2026-09-28", BETWEEN),
    thinker("claude-opus-5-5", "2026-09-22", effort="medium"),
    thinker("claude-fable-5-1", "2026-09-01"),
    thinker("claude-mythos-5-1", "2026-09-01"),
    thinker("claude-fable-5", "2026-06-09"),
    thinker("claude-mythos-5", "2026-06-09"),
    Model("claude-opus-5", "2026-07-24", SWITCHABLE),
    Model("claude-sonnet-5", "2026-06-30", SWITCHABLE, cacheable_tokens=1_024),
    Model("claude-opus-4-8", "2026-05-28", SWITCHABLE, cacheable_tokens=1_024),
    Model("claude-opus-4-7", "2026-04-16", SWITCHABLE, cacheable_tokens=2_048),
    Model("claude-sonnet-4-6", "2026-02-17", BUDGETED, cacheable_tokens=1_024, output_tokens=64_000),
    Model("claude-opus-4-6", "2026-02-05", BUDGETED, cacheable_tokens=4_096),
    Model("claude-opus-4-5", "2025-11-24", MANUAL, False, "high", QUARTER, 64_000, 4_096, prefill=True),
    Model("claude-haiku-4-5", "2025-10-15", MANUAL, False, "high", QUARTER, 64_000, 4_096, prefill=True),
    Model(
        "claude-sonnet-4-5", "2025-09-29", MANUAL, False, "high", QUARTER, 64_000, 1_024, prefill=True,
        deprecated="2026-09-30", retires="2026-11-30",
    ),
    Model(
        "claude-opus-4-1", "2025-08-05", MANUAL, False, "high", QUARTER, 32_000, 1_024, prefill=True,
        deprecated="2026-06-05", retires="2026-08-05", retired=True,
    ),
)  # fmt: skip

CATALOGUE: Mapping[str, Model] = MappingProxyType({row.id: row for row in ROWS})


def find(model_id: str) -> Model | None:
    """The model if it still answers; a retired one is as unknown as one that never was."""
    model = CATALOGUE.get(model_id)
    return model if model and not model.retired else None


def describe(model: Model) -> dict[str, Any]:
    manual = model.thinking == MANUAL
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.display_name,
        "created_at": f"{model.created}T00:00:00Z",
        "lifecycle": model.lifecycle,
        "deprecated_at": model.deprecated and f"{model.deprecated}T00:00:00Z",
        "retires_at": model.retires and f"{model.retires}T00:00:00Z",
        "line": model.line,
        "max_input_tokens": model.context_tokens,
        "max_tokens": model.output_tokens,
        "capabilities": {
            **{name: supported(True) for name in ("batch", "citations", "image_input", "pdf_input")},
            "code_execution": supported(not manual),
            "structured_outputs": supported(True),
            "context_management": {
                "supported": True,
                "clear_thinking_20251015": supported(True),
                "clear_tool_uses_20250919": supported(True),
                "compact_20260112": supported(not manual),
            },
            "effort": {"supported": not manual, **{effort: supported(not manual) for effort in EFFORTS}},
            "server_tools": {
                "supported": True,
                "code_execution": supported(True),
                "web_search": supported(True),
            },
            "thinking": {
                "supported": True,
                "types": {
                    kind: supported(kind in model.thinking)
                    for kind in ("adaptive", "between_tools", "disabled", "enabled")
                },
            },
        },
    }


def supported(truth: bool) -> dict[str, bool]:
    return {"supported": truth}

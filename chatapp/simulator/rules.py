"""What the API refuses before it answers, each with the status and the words that the real one uses."""

from collections.abc import Callable
from typing import Any

from chatapp.simulator import models, pictures, shapes
from chatapp.simulator.models import Model
from chatapp.simulator.prompt import Json, Prompt, as_blocks, lay_out
from chatapp.simulator.refusals import Refused, invalid

MAX_BODY_BYTES = 32 * 1024 * 1024
MAX_BATCH_BYTES = 256 * 1024 * 1024
MAX_CACHE_MARKS = 4
GONE = ("temperature", "top_p", "top_k", "top_a")
EFFORTS_WITHOUT_THINKING = ("low", "medium", "high")


def read(body: Any, *, counting: bool = False) -> Prompt:
    """The prompt, or Refused."""
    shapes.check(body, needed=("model", "messages") if counting else ("model", "max_tokens", "messages"))
    model = models.find(body["model"])
    if model is None:
        raise Refused(404, "not_found_error", f"model: {body['model']}")
    for rule in RULES:
        if complaint := rule(body, model):
            raise invalid(complaint)
    prompt = Prompt(body, model)
    if prompt.input_tokens > model.context_tokens:
        raise invalid(f"prompt is too long: {prompt.input_tokens} tokens > {model.context_tokens} maximum")
    return prompt


def sampling_is_gone(body: Json, model: Model) -> str | None:
    given = [name for name in GONE if name in body]
    return f"{given[0]}: Extra inputs are not permitted" if given else None


def max_tokens_fits(body: Json, model: Model) -> str | None:
    wanted = body.get("max_tokens", 1)
    if not isinstance(wanted, int) or isinstance(wanted, bool):
        return "max_tokens: Input should be a valid integer"
    if wanted < 0 or (wanted == 0 and body.get("stream")):
        return "max_tokens: Input should be greater than or equal to 1"
    if wanted > model.output_tokens:
        ceiling = f"{wanted} > {model.output_tokens}, which is the maximum allowed number of output tokens"
        return f"max_tokens: {ceiling} for {model.id}"
    return None


def turns_are_in_order(body: Json, model: Model) -> str | None:
    roles = [message["role"] for message in body["messages"]]
    if roles[0] != "user":
        return 'messages: first message must use the "user" role'
    if roles[-1] == "assistant" and not model.prefill:
        return "This model does not support assistant message prefill. The conversation must end with a user message."
    for number, role in enumerate(roles):
        if role == "system" and roles[number - 1] != "user":
            return f"messages.{number}: a system message must follow a user message"
        if role == "system" and roles[number + 1 : number + 2] not in ([], ["assistant"]):
            return f"messages.{number}: a system message must be last or precede an assistant message"
    return None


def text_is_not_empty(body: Json, model: Model) -> str | None:
    spoken = [("messages", message["content"]) for message in body["messages"]]
    for part, content in [("system", body.get("system") or ()), *spoken]:
        for block in as_blocks(content):
            if block.get("type") != "text":
                continue
            text = block.get("text")
            if not isinstance(text, str):
                return f"{part}: text: Input should be a valid string"
            if not text:
                return f"{part}: text content blocks must be non-empty"
            if not text.strip():
                return f"{part}: text content blocks must contain non-whitespace text"
    return None


def files_are_what_they_say(body: Json, model: Model) -> str | None:
    for message in body["messages"]:
        for block in as_blocks(message["content"]):
            if block.get("type") in ("image", "document"):
                if message["role"] != "user":
                    return f"messages: {block['type']} blocks may only appear in user messages"
                if wrong := pictures.complaint(block):
                    return f"messages: {wrong}"
    return None


def cache_marks_are_lawful(body: Json, model: Model) -> str | None:
    marks = [block.ttl for block in lay_out(body) if block.ttl]
    automatic = body.get("cache_control")
    if len(marks) > MAX_CACHE_MARKS or (automatic and len(marks) == MAX_CACHE_MARKS):
        found = len(marks) + bool(automatic)
        return f"A maximum of {MAX_CACHE_MARKS} blocks with cache_control may be provided. Found {found}."
    if automatic:
        marks.append(automatic.get("ttl") or "5m")
    if any(ttl not in ("5m", "1h") for ttl in marks):
        return "cache_control.ttl: Input should be '5m' or '1h'"
    if "1h" in marks[marks.index("5m") :] if "5m" in marks else False:
        return (
            "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that "
            "blocks are processed in the following order: `tools`, `system`, `messages`."
        )
    return None


def thinking_is_supported(body: Json, model: Model) -> str | None:
    wanted = body.get("thinking")
    if wanted is None:
        return None
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind not in ("adaptive", "between_tools", "disabled", "enabled"):
        return "thinking.type: Input should be 'adaptive', 'between_tools', 'disabled' or 'enabled'"
    if kind not in model.thinking:
        return f'"thinking.type.{kind}" is not supported for this model.'
    if kind in ("between_tools", "disabled") and len(wanted) > 1:
        return f"thinking.{kind}: Extra inputs are not permitted"
    effort = (body.get("output_config") or {}).get("effort") or model.default_effort
    if kind in ("between_tools", "disabled") and effort not in EFFORTS_WITHOUT_THINKING:
        return f"output_config.effort: '{effort}' is not supported with thinking.type '{kind}'."
    if kind == "enabled":
        budget = wanted.get("budget_tokens", 0)
        if budget < 1024:
            return "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
        if budget >= body.get("max_tokens", budget + 1):
            return "`max_tokens` must be greater than `thinking.budget_tokens`."
    return None


def tools_are_not_forced(body: Json, model: Model) -> str | None:
    choice = (body.get("tool_choice") or {}).get("type")
    if choice in ("any", "tool") and not model.forced_tools:
        return f"tool_choice: forced tool use ('{choice}') is not supported for this model."
    return None


def effort_is_known(body: Json, model: Model) -> str | None:
    effort = (body.get("output_config") or {}).get("effort")
    if effort is not None and effort not in models.EFFORTS:
        return "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"
    user_id = (body.get("metadata") or {}).get("user_id")
    if user_id is not None and (not isinstance(user_id, str) or len(user_id) > 256):
        return "metadata.user_id: String should have at most 256 characters"
    return None


RULES: tuple[Callable[[Json, Model], str | None], ...] = (
    sampling_is_gone,
    max_tokens_fits,
    text_is_not_empty,
    files_are_what_they_say,
    turns_are_in_order,
    cache_marks_are_lawful,
    effort_is_known,
    thinking_is_supported,
    tools_are_not_forced,
)

"""The outline of a request: which fields there are and what kind of value each may hold."""

from typing import Any

from chatapp.simulator.refusals import invalid

MAX_MESSAGES = 100_000
ROLES = ("user", "assistant", "system")
KINDS: dict[str, tuple[type, ...]] = {
    "model": (str,),
    "messages": (list,),
    "max_tokens": (int,),
    "system": (str, list),
    "stream": (bool,),
    "tools": (list,),
    "stop_sequences": (list,),
    "service_tier": (str,),
    "inference_geo": (str,),
    "speed": (str,),
    "user_profile_id": (str,),
    "betas": (list,),
    "mcp_servers": (list,),
    "fallbacks": (str, list),
    "container": (str, dict),
    "tool_choice": (dict,),
    "thinking": (dict,),
    "metadata": (dict,),
    "cache_control": (dict,),
    "diagnostics": (dict,),
    "output_config": (dict,),
    "context_management": (dict,),
    "compaction": (dict,),
}
MUST_NOT_BE_NULL = frozenset({"model", "messages", "max_tokens", "stop_sequences", "tools"})


def check(body: Any, needed: tuple[str, ...]) -> None:
    if not isinstance(body, dict):
        raise invalid("Input should be a valid dictionary")
    for name in needed:
        if name not in body:
            raise invalid(f"{name}: Field required")
    for name, value in body.items():
        kinds = KINDS.get(name)
        if kinds is None:
            raise invalid(f"{name}: Extra inputs are not permitted")
        if value is None and name not in MUST_NOT_BE_NULL:
            continue
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise invalid(f"{name}: Input should be a valid {NAMES[kinds[-1]]}")
    check_messages(body["messages"])
    check_blocks("system", body.get("system") or [])
    check_blocks("tools", body.get("tools") or [])


def check_messages(messages: list[Any]) -> None:
    if not messages:
        raise invalid("messages: at least one message is required")
    if len(messages) > MAX_MESSAGES:
        raise invalid(f"messages: List should have at most {MAX_MESSAGES} items")
    for number, message in enumerate(messages):
        where = f"messages.{number}"
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            raise invalid(f"{where}.role: Input should be 'user', 'assistant' or 'system'")
        content = message.get("content")
        if not isinstance(content, (str, list)):
            raise invalid(f"{where}.content: Input should be a valid string or list")
        if not content:
            raise invalid(f"{where}: all messages must have non-empty content")
        check_blocks(f"{where}.content", content)


def check_blocks(where: str, content: str | list[Any]) -> None:
    if isinstance(content, str):
        return
    for number, block in enumerate(content):
        if not isinstance(block, dict) or (where != "tools" and "type" not in block):
            raise invalid(f"{where}.{number}: Input should be a valid content block")
        if not isinstance(block.get("cache_control") or {}, dict):
            raise invalid(f"{where}.{number}.cache_control: Input should be a valid dictionary")
        if block.get("type") == "text" and not isinstance(block.get("text"), str):
            raise invalid(f"{where}.{number}.text: Input should be a valid string")


NAMES: dict[type, str] = {str: "string", list: "list", int: "integer", bool: "boolean", dict: "dictionary"}

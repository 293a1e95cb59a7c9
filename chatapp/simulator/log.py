"""What the simulation tells its console: sentences, or JSON lines for those who script it."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Log:
    as_json: bool

    def say(self, event: str, sentence: str, **details: Any) -> None:
        line = json.dumps({"event": event, "message": sentence, **details}) if self.as_json else sentence
        print(line, flush=True)

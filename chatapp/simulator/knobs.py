"""The settings of one fault on one request, read with the type that its function wants."""

import random
from dataclasses import dataclass

from chatapp.simulator.markers import Params
from chatapp.simulator.refusals import invalid


@dataclass(frozen=True, slots=True)
class Knobs:
    """The fault's defaults with the request's own wishes over them, and dice that fall the same way each time."""

    values: Params
    dice: random.Random
    request_id: str

    def whole(self, name: str) -> int:
        value = self.values.get(name)
        if isinstance(value, str):
            raise invalid(f"simulator: {name}={value} is not a number")
        return int(value or 0)

    def seconds(self, name: str) -> float:
        value = self.values.get(name)
        if isinstance(value, str):
            raise invalid(f"simulator: {name}={value} is not a number")
        return float(value or 0.0)

    def text(self, name: str) -> str:
        return str(self.values.get(name) or "").replace("_", " ")

    def name(self, name: str) -> str:
        return str(self.values.get(name) or "")

    def given(self, name: str) -> bool:
        return self.values.get(name) not in (None, "")

"""The pages of a soak: each connection through another process, and what was seen kept for the reckoning."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from socket import SHUT_RDWR

from tests.page_model import Sight
from tests.people import Person
from tests.soak.ground import Ground
from tests.tabs import Tab


class Roaming(Tab):
    """A page whose every connection goes through whichever process the balancer chooses."""

    def __init__(self, ground: Ground, dice: random.Random, person: Person, conversation: str) -> None:
        self._ground, self._dice = ground, dice
        super().__init__(replace(person, web=ground.somewhere(dice)), conversation)

    def _knock(self) -> None:
        self.person.web = self._ground.somewhere(self._dice)
        super()._knock()

    def drop(self) -> None:
        """The connection breaks; the page comes back by itself."""
        if socket := self._socket:
            with suppress(OSError):
                socket.socket.shutdown(SHUT_RDWR)


def thinned(sights: Sequence[Sight]) -> Iterator[Sight]:
    """Without those that the next one implies: it has the same words and more, in one plain paragraph."""
    for place, sight in enumerate(sights):
        later = next((one for one in sights[place + 1 :] if one.turn == sight.turn), None)
        implied = (
            later is not None
            and later.state == sight.state
            and len(later.blocks) == len(sight.blocks) == 1
            and later.text.startswith(sight.text)
            and later.text.replace(" ", "").isalpha()
        )
        if not implied:
            yield sight

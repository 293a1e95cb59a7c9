"""S2: no object of another person by any verb, socket, export or search."""

from __future__ import annotations

from contextlib import suppress
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from chatapp.pages.rehearsal import urls as rehearsal
from chatapp.pages.urls import urlpatterns
from tests.people import Asked, Person
from tests.tabs import Tab, knock

pytestmark = pytest.mark.slow

# Every door that leads to something of somebody's, and the verb that opens it.
DOORS = {
    "conversation": ("GET", "/c/{c}/"),
    "ask": ("POST", "/c/{c}/turns/"),
    "stop": ("POST", "/c/{c}/turns/{t}/stop/"),
    "retry": ("POST", "/c/{c}/turns/{t}/retry/"),
    "later": ("POST", "/c/{c}/turns/{t}/later/"),
    "continue": ("POST", "/c/{c}/turns/{t}/continue/"),
    "edit": ("POST", "/c/{c}/turns/{t}/edit/"),
    "select": ("POST", "/c/{c}/turns/{t}/select/"),
    "feedback": ("POST", "/c/{c}/turns/{t}/feedback/"),
    "answer": ("GET", "/c/{c}/turns/{t}/answer.md"),
    "rename": ("POST", "/c/{c}/rename/"),
    "pin": ("POST", "/c/{c}/pin/"),
    "archive": ("POST", "/c/{c}/archive/"),
    "delete": ("POST", "/c/{c}/delete/"),
    "estimate": ("GET", "/c/{c}/estimate/"),
    # Only for staff, who are shown how a turn went and nothing of what was said; to its own asker it is not there.
    "staff_turn": ("GET", "/staff/turns/{t}/"),
    "pin_turn": ("POST", "/c/{c}/turns/{t}/pin/"),
    "told": ("GET", "/c/{c}/told/"),
    "allow_digests": ("POST", "/c/{c}/digests/"),
    "correct_digest": ("POST", "/c/{c}/digests/1/"),
    "undo_digest": ("POST", "/c/{c}/digests/1/undo/"),
    "staff_cache": ("GET", "/staff/cache/"),
    "attachment": ("GET", "/attachments/0123456789012345678901234567890123456789/"),
    "export_json": ("GET", "/c/{c}/export.json"),
    "export_markdown": ("GET", "/c/{c}/export.md"),
}
OPEN_TO_ALL = {"healthz", "readyz", "metrics"}
ONLY_ONES_OWN = {
    "home": ("GET", "/"),
    "rail": ("GET", "/rail/"),
    "outage": ("GET", "/outage/"),
    "begin": ("POST", "/c/"),
    "attach": ("POST", "/attachments/"),
    "remove_attachment": ("POST", "/attachments/0123456789012345678901234567890123456789/remove/"),
}
FOR_ADMINISTRATORS = {
    "rehearsal": ("POST", "/admin/rehearsal/"),
    "rehearsal_stop": ("POST", "/admin/rehearsal/stop/"),
    "rehearsal_figures": ("GET", "/admin/rehearsal/figures/"),
}
FORM = {"question": "Mine now?", "title": "Mine now", "ask_id": "1b4e28ba-2fa1-11d2-883f-0016d3cca427"}


@pytest.fixture
def treasure(somebody: Person) -> Asked:
    asked = somebody.begin("A secret treasure map. [[tokens:30]]")
    somebody.final(asked)
    return asked


def test_every_door_is_known_here() -> None:
    assert {pattern.name for pattern in urlpatterns} == DOORS.keys() | OPEN_TO_ALL | ONLY_ONES_OWN.keys()
    assert {pattern.name for pattern in rehearsal.urlpatterns} == FOR_ADMINISTRATORS.keys()


@pytest.mark.parametrize("door", DOORS)
def test_what_belongs_to_somebody_else_is_not_there(
    treasure: Asked, somebody: Person, somebody_else: Person, door: str
) -> None:
    verb, path = DOORS[door]
    before = _rows(somebody, treasure)
    answer = somebody_else.request(
        verb, path.format(c=treasure.conversation, t=treasure.turn), FORM if verb == "POST" else None
    )
    assert answer.status == 404
    assert "treasure" not in answer.text
    # Nor through a conversation of one's own.
    own = somebody_else.begin("Mine. [[tokens:3]]")
    somebody_else.final(own)
    if "{t}" in path:
        through = path.format(c=own.conversation, t=treasure.turn)
        assert somebody_else.request(verb, through, FORM if verb == "POST" else None).status == 404
    assert _rows(somebody, treasure) == before


@pytest.mark.parametrize("door", [*DOORS, *ONLY_ONES_OWN])
def test_whoever_is_signed_out_is_sent_to_the_door(treasure: Asked, somebody: Person, door: str) -> None:
    verb, path = {**DOORS, **ONLY_ONES_OWN}[door]
    url = path.format(c=treasure.conversation, t=treasure.turn)
    nobody = {"Cookie": f"csrftoken={somebody.token}"}
    before = _rows(somebody, treasure)
    plain = somebody.request(verb, url, FORM if verb == "POST" else None, nobody)
    assert plain.status == 302
    assert plain.headers["location"].startswith("/accounts/login/")
    program = somebody.request(verb, url, FORM if verb == "POST" else None, {**nobody, "Accept": "application/json"})
    assert (program.status, program.json["error"]) == (401, "signed_out")
    page = somebody.request(verb, url, FORM if verb == "POST" else None, {**nobody, "HX-Request": "true"})
    assert page.status == 401
    assert "treasure" not in plain.text + program.text + page.text
    assert _rows(somebody, treasure) == before


@pytest.mark.parametrize("door", [name for name, (verb, _) in {**DOORS, **ONLY_ONES_OWN}.items() if verb == "POST"])
def test_a_form_without_its_token_and_a_link_change_nothing(treasure: Asked, somebody: Person, door: str) -> None:
    verb, path = {**DOORS, **ONLY_ONES_OWN}[door]
    url = path.format(c=treasure.conversation, t=treasure.turn)
    before = _rows(somebody, treasure)
    assert somebody.request(verb, url, FORM, {"X-CSRFToken": "0" * 32}).status == 403
    if door not in ("begin", "attach", "remove_attachment"):
        assert somebody.get(url).status == 405
    assert _rows(somebody, treasure) == before


@pytest.mark.parametrize("door", FOR_ADMINISTRATORS)
def test_whoever_is_no_administrator_is_sent_away_from_the_rehearsal(somebody: Person, door: str) -> None:
    verb, path = FOR_ADMINISTRATORS[door]
    form = {"fault": "overloaded", "whom": "every", "share": "100", "seconds": "5"} if verb == "POST" else None
    for cookies in (somebody.cookies, f"csrftoken={somebody.token}"):
        answer = somebody.request(verb, path, form, {"Cookie": cookies})
        assert answer.status == 302
        assert answer.headers["location"].startswith("/admin/login/")
    assert somebody.product.rows("SELECT count(*) FROM django_admin_log") == [(0,)]


def test_nobody_learns_that_an_answer_runs_in_somebody_elses_conversation(
    somebody: Person, somebody_else: Person
) -> None:
    asked = somebody.begin("A secret treasure map. [[tokens:400]] [[pace:20]]")
    assert somebody_else.try_to_ask(asked.conversation, "Busy?").status == 404
    assert somebody.act(asked, "stop").status == 200


def test_a_search_finds_only_ones_own(treasure: Asked, somebody: Person, somebody_else: Person) -> None:
    for path in ("/?q=treasure", "/rail/?q=treasure"):
        assert treasure.conversation in somebody.get(path).text
        assert treasure.conversation not in somebody_else.get(path).text


def test_a_socket_turns_strangers_away(treasure: Asked, somebody: Person, somebody_else: Person) -> None:
    assert _sent_away(somebody_else, treasure.conversation) == 4404
    assert _sent_away(somebody, str(uuid4())) == 4404
    assert _sent_away(somebody, treasure.conversation, Cookie="") == 4401
    assert _sent_away(somebody, treasure.conversation, Cookie="sessionid=made-up") == 4401


@pytest.mark.parametrize("address", ["zzz", "../..", "../../nowhere"])
def test_a_socket_at_no_address_is_refused_without_a_stack(somebody: Person, address: str) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        knock(somebody, address)
    assert refusal.value.response.status_code == 403
    assert "Traceback" not in somebody.product.logs


@pytest.mark.parametrize(
    "origin", ["https://127.0.0.1:{port}", "http://127.0.0.1", "http://localhost:{port}", "null", "http://evil.example"]
)
def test_a_socket_turns_other_origins_away(treasure: Asked, somebody: Person, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        knock(somebody, treasure.conversation, Origin=origin.format(port=somebody.port))
    assert refusal.value.response.status_code == 403


def test_whoever_talks_on_a_socket_is_hung_up_on(treasure: Asked, somebody: Person) -> None:
    socket = knock(somebody, treasure.conversation)
    for _ in range(50):
        with suppress(ConnectionClosed):
            socket.send("hello?")
    _hear_out(socket)
    assert socket.close_code == 4408


def test_a_person_has_so_many_sockets_and_no_more(treasure: Asked, somebody: Person) -> None:
    tabs = [knock(somebody, treasure.conversation) for _ in range(30)]
    for tab in tabs:
        tab.recv(timeout=10)
    assert _sent_away(somebody, treasure.conversation) == 4429
    for tab in tabs:
        tab.close()
    back = Tab(somebody, treasure.conversation)
    back.until(lambda page: page.beats or page.sights)
    back.close()


def _sent_away(person: Person, conversation: str, **headers: str) -> int | None:
    socket = knock(person, conversation, **headers)
    assert _hear_out(socket) == []
    return socket.close_code


def _hear_out(socket: ClientConnection) -> list[str | bytes]:
    frames: list[str | bytes] = []
    with suppress(ConnectionClosed):
        while True:
            frames.append(socket.recv(timeout=10))
    return frames


def _rows(person: Person, asked: Asked) -> list[tuple[object, ...]]:
    key = asked.conversation.replace("-", "")
    turns = person.product.rows("SELECT id, state, answer FROM chatapp_turn WHERE conversation_id = ?", key)
    shelf = "SELECT title, titled_by = 'person', pinned, archived, head_id FROM chatapp_conversation WHERE id = ?"
    return turns + [row[1:] for row in person.product.rows(shelf, key)]

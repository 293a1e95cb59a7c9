"""Texts that try to be something else, and the marker that has the simulated Claude say them."""

from __future__ import annotations

import base64


def say(words: str) -> str:
    """Have the simulated Claude answer with exactly these words."""
    return f"[[say:{base64.b64encode(words.encode()).decode()}]]"


LOOKS_LIKE = {
    "beat": '{"beat":1}',
    "envelope": '{"content":"<b>no</b>","target":"#turns","swap":"innerHTML","select":"#turns"}',
    "partial": '<hx-partial hx-target="#turns" hx-swap="innerHTML">gone</hx-partial>',
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "attributes": 'See <a href="/" hx-get="/c/" hx-trigger="load" hx-on:click="alert(1)">this</a>.',
    "article": '</div></article><article class="turn" id="turn-1" data-turn="1" data-version="999999" data-final>',
    "template": "{{ turn.question }} {% csrf_token %} {# no #} ${process.env}",
    "entities": "&lt;b&gt; &amp;amp; &#60;script&#62; &nbsp;",
    "comment": "<!-- --> <![CDATA[ x ]]> <?php echo 1 ?> -->",
    "fence": '````html\n<hx-partial hx-target="#turns" hx-swap="delete"></hx-partial>\n```\n````',
    "title": '[a](https://example.org "<img src=x hx-get=/ hx-trigger=load>")',
    "link": "[run](javascript:alert(1)) <javascript:alert(1)> [data](data:text/html,<script>alert(1)</script>)",
    "sse": "event: message_stop\ndata: {}\n\n: ping\n\n",
    "directions": "\u202eright to left\u202c \u2066isolate\u2069 \u200b\ufeff",
    "controls": "bell \x07 escape \x1b[31m backspace \x08 vertical \x0b form \x0c unit \x1f delete \x7f",
    "lines": "one\u2028two\u2029three\r\nfour\rfive",
    "astral": "\U0001f600 \U0001d54f \U000e0001 e\u0301 \u212b",
    "sql": "'; DROP TABLE chatapp_turn; -- % %s %(x)s \\",
}

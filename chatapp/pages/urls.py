"""The doors a person goes through."""

from django.urls import path

from chatapp.pages import asking, attaching, conversations, health, outage, staff, telling

urlpatterns = [
    path("", conversations.home, name="home"),
    path("rail/", conversations.show_rail, name="rail"),
    path("c/", asking.begin, name="begin"),
    path("c/<uuid:conversation_id>/", conversations.show, name="conversation"),
    path("c/<uuid:conversation_id>/estimate/", conversations.estimate, name="estimate"),
    path("c/<uuid:conversation_id>/turns/", asking.ask, name="ask"),
    path("c/<uuid:conversation_id>/turns/<int:turn_id>/stop/", asking.stop, name="stop"),
    path("c/<uuid:conversation_id>/turns/<int:turn_id>/retry/", asking.retry, name="retry"),
    path("c/<uuid:conversation_id>/turns/<int:turn_id>/later/", asking.later, name="later"),
    path("c/<uuid:conversation_id>/turns/<int:turn_id>/continue/", asking.carry_on, name="continue"),
    path("c/<uuid:conversation_id>/turns/<int:turn_id>/edit/", asking.edit, name="edit"),
    path("c/<uuid:conversation_id>/turns/<int:turn_id>/select/", asking.select, name="select"),
    path("c/<uuid:conversation_id>/turns/<int:turn_id>/feedback/", asking.judge, name="feedback"),
    path("c/<uuid:conversation_id>/turns/<int:turn_id>/answer.md", conversations.answer, name="answer"),
    path("c/<uuid:conversation_id>/turns/<int:turn_id>/pin/", telling.pin, name="pin_turn"),
    path("c/<uuid:conversation_id>/told/", telling.told, name="told"),
    path("c/<uuid:conversation_id>/digests/", telling.allow, name="allow_digests"),
    path("c/<uuid:conversation_id>/digests/<int:digest_id>/", telling.correct, name="correct_digest"),
    path("c/<uuid:conversation_id>/digests/<int:digest_id>/undo/", telling.undo, name="undo_digest"),
    path("c/<uuid:conversation_id>/rename/", conversations.rename, name="rename"),
    path("c/<uuid:conversation_id>/pin/", conversations.pin, name="pin"),
    path("c/<uuid:conversation_id>/archive/", conversations.archive, name="archive"),
    path("c/<uuid:conversation_id>/delete/", conversations.delete, name="delete"),
    path("c/<uuid:conversation_id>/export.json", conversations.export_json, name="export_json"),
    path("c/<uuid:conversation_id>/export.md", conversations.export_markdown, name="export_markdown"),
    path("staff/turns/<int:turn_id>/", staff.turn, name="staff_turn"),
    path("attachments/", attaching.add, name="attach"),
    path("attachments/<str:key>/", attaching.show, name="attachment"),
    path("attachments/<str:key>/remove/", attaching.remove, name="remove_attachment"),
    path("staff/cache/", telling.health, name="staff_cache"),
    path("outage/", outage.show, name="outage"),
    path("healthz", health.alive, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
    path("readyz", health.ready, name="readyz"),
]

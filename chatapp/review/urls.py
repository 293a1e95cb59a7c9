"""The doors for reviewers and auditors, and the owner's view of who came through them."""

from django.urls import path, re_path

from chatapp.review.doors import listing, reading, records, reviewing

urlpatterns = [
    path("review/", listing.show, name="review"),
    re_path(r"^review/export\.(?P<form>csv|jsonl)$", listing.export, name="review_export"),
    path("review/c/<uuid:conversation_id>/", reading.show, name="review_transcript"),
    path("review/c/<uuid:conversation_id>/reveal/", reading.reveal, name="review_reveal"),
    path("review/c/<uuid:conversation_id>/files/<str:key>/", reading.file, name="review_file"),
    path("review/turns/<int:turn_id>/sent/", reading.told, name="review_sent"),
    path("review/turns/<int:turn_id>/label/", reading.label, name="review_label"),
    path("review/turns/<int:turn_id>/note/", reading.remark, name="review_note"),
    path("review/turns/<int:turn_id>/queue/", reading.enqueue, name="review_enqueue"),
    path("review/queue/", reviewing.show, name="review_queue"),
    path("review/queue/next/", reviewing.go_on, name="review_next"),
    path("review/items/<int:item_id>/", reviewing.item, name="review_item"),
    path("review/items/<int:item_id>/assign/", reviewing.assign, name="review_assign"),
    path("review/agreement/", reviewing.agreed, name="review_agreement"),
    path("review/readings/", records.show, name="review_readings"),
    path("c/<uuid:conversation_id>/readings/", records.of_mine, name="readings_of_mine"),
]

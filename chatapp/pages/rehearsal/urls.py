"""The doors of the rehearsal, under the admin's address."""

from django.urls import path

from chatapp.pages.rehearsal import doors

urlpatterns = [
    path("", doors.show, name="rehearsal"),
    path("stop/", doors.stop, name="rehearsal_stop"),
    path("figures/", doors.figures, name="rehearsal_figures"),
]

"""What the doors remember: who may sign up, invitations, and how often a door was tried."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Signup(models.TextChoices):
    CLOSED = "closed", "Closed: only an administrator makes accounts"
    INVITE = "invite", "By invitation"
    OPEN = "open", "Open to everyone"


class SiteSettings(models.Model):
    """What an administrator may change at run time: one row, and the environment until there is one."""

    signup = models.CharField("sign-up", max_length=6, choices=Signup)

    class Meta:
        verbose_name = verbose_name_plural = "site settings"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="site_settings_has_one_row"),
            models.CheckConstraint(condition=Q(signup__in=Signup.values), name="site_settings_signup_is_known"),
        ]

    def __str__(self) -> str:
        return "Site settings"

    @classmethod
    def current(cls) -> "SiteSettings":
        """The administrator's choice, or the environment's as long as nobody has chosen."""
        return cls.objects.first() or cls(id=1, signup=settings.CHATAPP_SIGNUP)


class Invitation(models.Model):
    """A link that lets one person make one account; kept as a hash, so a stolen database invites nobody."""

    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    note = models.CharField(max_length=200, blank=True, help_text="For whom; a name or an e-mail address.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="invitations"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_by = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="invited_by"
    )
    used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.note or f"Invitation {self.pk}"


class Tries(models.Model):
    """How often somebody knocked at one door within the window that ends at `resets_at`."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField()
    resets_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "tries"

    def __str__(self) -> str:
        return f"{self.count} tries until {self.resets_at:%H:%M}"

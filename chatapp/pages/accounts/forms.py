"""The forms of these doors, in our words."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UserCreationForm


class AccountForm(UserCreationForm):
    """A name and a password, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].help_text = "Letters, digits and @ . + - _"
        self.fields["password2"].label = "The password once more"
        self.fields["password2"].help_text = ""


class NewPasswordForm(PasswordChangeForm):
    """The old password and the new one, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password2"].label = "The new password once more"
        self.fields["new_password2"].help_text = ""


class SignInForm(AuthenticationForm):
    """A name and a password. A wrong name, a wrong password and a closed account sound the same."""

    error_messages = {"invalid_login": "This name and this password do not belong together. Please try again."}
    error_messages["inactive"] = error_messages["invalid_login"]

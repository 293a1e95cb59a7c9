"""How passwords are hashed: Argon2id, sized so that a crowd signing in leaves the chat its memory."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """The parameters OWASP recommends; those of Django take 100 MiB and eight threads for each sign-in."""

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1

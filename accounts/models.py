from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person with an account; our own class from the first migration, so that it can grow.

    Signing up and in goes through allauth, which holds the limits on names and passwords.
    """
